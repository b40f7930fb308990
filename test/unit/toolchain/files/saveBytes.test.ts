import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { saveBytes } from '../../../../toolchain/files/saveBytes.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('bytes for a file that a person named', () => {
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let folder: string;
  beforeEach(async function () {
    if (process.platform === 'win32') this.skip();
    scratch = await temporaryFolder();
    folder = scratch.path;
  });
  afterEach(() => scratch?.[Symbol.asyncDispose]());

  const save = (name: string, bytes: string | Uint8Array) =>
    saveBytes(join(folder, name), Buffer.from(bytes), 'It cannot be written');

  for (const mode of [0o600, 0o640, 0o664, 0o755])
    it(`keep the mode ${mode.toString(8)} of a file that is there`, async () => {
      const file = join(folder, 'out');
      await writeFile(file, 'old');
      await chmod(file, mode);
      await save('out', 'new');
      assert.equal(await readFile(file, 'utf8'), 'new');
      assert.equal((await stat(file)).mode & 0o777, mode);
      assert.deepEqual(await readdir(folder), ['out']);
    });

  it('go through a link, which stays one', async () => {
    await writeFile(join(folder, 'real'), 'old');
    await chmod(join(folder, 'real'), 0o600);
    await symlink('real', join(folder, 'link'));
    await save('link', 'new');
    assert.equal(await readFile(join(folder, 'real'), 'utf8'), 'new');
    assert.ok((await lstat(join(folder, 'link'))).isSymbolicLink());
    assert.equal((await stat(join(folder, 'real'))).mode & 0o777, 0o600);
  });

  it('reach the reader of a pipe, all of them', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const reader = spawn('cat', [join(folder, 'pipe')], { stdio: ['ignore', 'pipe', 'ignore'] });
    const read = text(reader.stdout);
    const bytes = 'x'.repeat(1_000_000);
    // The reader opens its end a moment later.
    for (let tries = 0; ; tries++) {
      try {
        await save('pipe', bytes);
        break;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((done) => setTimeout(done, 50));
      }
    }
    assert.equal((await read).length, bytes.length);
    if (reader.exitCode === null) await once(reader, 'exit');
    assert.ok((await lstat(join(folder, 'pipe'))).isFIFO());
  });

  it('are refused for a pipe that nobody reads, at once', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await assert.rejects(save('pipe', 'x'), { code: 'not_a_file', message: /is a pipe that nobody reads/ });
  });

  it('fit a name of as many bytes as a file may have', async () => {
    const name = 'n'.repeat(255);
    await save(name, 'new');
    assert.equal(await readFile(join(folder, name), 'utf8'), 'new');
    assert.deepEqual(await readdir(folder), [name]);
  });

  it('that cannot be written name the file of the person, and not a temporary one', async () => {
    // Nobody makes a file there, root included.
    const file = process.platform === 'linux' ? '/sys/out' : '/out';
    await assert.rejects(saveBytes(file, Buffer.from('x'), 'It cannot be written'), (error: Error) =>
      /^It cannot be written: .*\(\/(sys\/)?out\)\.$/.test(error.message),
    );
  });
});
