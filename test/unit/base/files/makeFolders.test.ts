import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeFolders } from '../../../../base/files/makeFolders.ts';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const DEADLINE_MS = 20_000;

describe('makeFolders', () => {
  it('makes what is missing, and takes what is there', async () => {
    await using folder = await temporaryFolder();
    const deep = join(folder.path, 'a', 'b', 'c');
    makeFolders(deep, 0o700);
    makeFolders(deep);
    makeFolders(join(deep, '..', 'd'));
    assert.ok(statSync(join(folder.path, 'a', 'b', 'd')).isDirectory());
    if (process.platform !== 'win32') assert.equal(statSync(deep).mode & 0o777, 0o700);
  });

  it('refuses a file, or a link that leads nowhere, in the place of a folder', async () => {
    await using folder = await temporaryFolder();
    writeFileSync(join(folder.path, 'file'), '');
    for (const path of ['file', 'file/below', 'file/below/it']) {
      assert.throws(() => makeFolders(join(folder.path, path)), { code: /EEXIST|ENOTDIR|ENOENT/ }, path);
    }
    if (process.platform === 'win32') return;
    symlinkSync('missing', join(folder.path, 'link'));
    assert.throws(() => makeFolders(join(folder.path, 'link', 'below')), { code: /EEXIST|ENOENT/ });
    mkdirSync(join(folder.path, 'missing'));
    makeFolders(join(folder.path, 'link', 'below'));
    assert.ok(statSync(join(folder.path, 'missing', 'below')).isDirectory());
  });

  // Node's own recursive mkdir spins there, in native code that no signal ends: hence the process.
  for (const path of ['/proc/new', '/proc/self/new/below', '/sys/new/below/it']) {
    it(`ends at ${path}, which the system refuses`, function () {
      if (process.platform !== 'linux') this.skip();
      const module = pathToFileURL(join(packageRoot, 'base', 'files', 'makeFolders.ts')).href;
      const script = `import(${JSON.stringify(module)}).then(({ makeFolders }) => makeFolders(${JSON.stringify(path)})).catch((error) => console.log(error.code))`;
      const ended = spawnSync(process.execPath, ['-e', script], {
        encoding: 'utf8',
        timeout: DEADLINE_MS,
        killSignal: 'SIGKILL',
      });
      assert.equal(ended.signal, null);
      assert.match(ended.stdout, /^(?:ENOENT|EPERM|EACCES|EROFS)\n$/);
    });
  }
});
