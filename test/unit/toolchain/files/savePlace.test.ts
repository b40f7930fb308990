import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { savePlace } from '../../../../toolchain/files/savePlace.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('the place of a file that a person named', () => {
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let folder: string;
  beforeEach(async function () {
    if (process.platform === 'win32') this.skip();
    scratch = await temporaryFolder();
    folder = await realpath(scratch.path);
  });
  afterEach(() => scratch?.[Symbol.asyncDispose]());

  const placeOf = (file: string) => savePlace(file, 'It cannot be written');
  const refused = (file: string, code: string, words: RegExp) =>
    assert.throws(() => placeOf(file), { code, kind: 'usage', message: words });

  it('is the file itself, there or not', async () => {
    const file = join(folder, 'out');
    assert.deepEqual(placeOf(file), { path: file, kind: 'file' });
    await writeFile(file, 'old');
    assert.deepEqual(placeOf(file), { path: file, kind: 'file' });
  });

  it('is none for a folder, a name in no folder, or below a file', async () => {
    await writeFile(join(folder, 'plain'), '');
    refused(folder, 'not_a_file', /^It cannot be written: .* is a folder\.$/);
    refused('/', 'not_a_file', /: \/ is a folder\.$/);
    refused(join(folder, 'no', 'out'), 'no_such_file', new RegExp(`\\(${folder}/no\\)\\.$`));
    assert.throws(() => placeOf(join(folder, 'plain', 'out')), /is not a folder/);
  });

  it('is the end of a link, but in a program only inside of it', async () => {
    const program = join(folder, 'program');
    const outside = join(folder, 'outside');
    await mkdir(join(program, 'kept'), { recursive: true });
    await writeFile(join(program, 'grafos.toml'), '');
    await writeFile(join(program, 'kept', 'real'), 'old');
    await writeFile(outside, 'precious');
    for (const [link, target] of [
      [join(program, 'inner'), join(program, 'kept', 'real')],
      [join(program, 'out'), outside],
      [join(program, 'none'), join(folder, 'nothing')],
      [join(program, 'device'), '/dev/null'],
      [join(folder, 'free'), outside],
    ] as const)
      await symlink(target, link);
    assert.equal(placeOf(join(program, 'inner')).path, join(program, 'kept', 'real'));
    assert.equal(placeOf(join(folder, 'free')).path, outside);
    for (const name of ['out', 'none', 'device'])
      assert.deepEqual(placeOf(join(program, name)), { path: join(program, name), kind: 'file' });
  });

  it('is a pipe or a device, which are written in place', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await symlink(pipe, join(folder, 'link'));
    assert.equal(placeOf(pipe).kind, 'pipe');
    assert.equal(placeOf(join(folder, 'link')).kind, 'pipe');
    assert.equal(placeOf('/dev/null').kind, 'device');
  });

  it('is written in place where a name stands for an open file, so that the name stays', () => {
    if (process.platform !== 'linux') return;
    for (const name of ['/dev/stdout', '/dev/stderr']) {
      // Nobody can open the socket of a process by its name.
      if (statSync(name).isSocket()) refused(name, 'not_a_file', /is a socket/);
      else assert.notEqual(placeOf(name).kind, 'file', name);
    }
  });
});
