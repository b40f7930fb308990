import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GrafosError } from '../../../../base/grafosError.ts';
import { readInput } from '../../../../toolchain/deploy/readInput.ts';
import { NOWHERE } from '../../../helpers/nowhere.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const { signal } = new AbortController();
const PIPE = /^Give a file\. A text goes through a pipe: echo TEXT \| grafos deploy run --input -$/;

describe('the input that a command line names', () => {
  for (const text of ['{"a":1}', ' [1, 2]', '"text"', '{broken', `{"long":"${'x'.repeat(5_000)}"}`])
    it(`is not its text, and the way for that is said: ${text.slice(0, 12)}`, async () => {
      await assert.rejects(readInput(text, signal), (error: GrafosError) => {
        assert.equal(error.kind, 'usage');
        assert.match(error.next ?? '', PIPE);
        return true;
      });
    });

  it('is missing like any other file where it looks like one', async () => {
    for (const file of [NOWHERE, 'nowhere.json', join(NOWHERE, '{}')])
      await assert.rejects(readInput(file, signal), (error: GrafosError) => !PIPE.test(error.next ?? ''));
  });

  it('is a pipe, whose wait for a writer ends with the command', async function () {
    if (process.platform === 'win32') this.skip();
    await using folder = await temporaryFolder();
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const stop = new AbortController();
    const waiting = readInput(pipe, stop.signal);
    setTimeout(() => stop.abort(new Error('ended')), 100);
    await assert.rejects(waiting, /ended/);
    const [read] = await Promise.all([readInput(pipe, signal), writeFile(pipe, 'abc')]);
    assert.equal(Buffer.from(read).toString(), 'abc');
  });

  it('is a file of such a name where there is one', async () => {
    await using folder = await temporaryFolder();
    const before = process.cwd();
    await writeFile(join(folder.path, '{a}'), 'abc');
    process.chdir(folder.path);
    try {
      assert.equal(Buffer.from(await readInput('{a}', signal)).toString(), 'abc');
    } finally {
      process.chdir(before);
    }
  });
});
