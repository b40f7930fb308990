import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { followLogs, readLogs } from '../../../../toolchain/stack/daemonLogs.ts';
import { makeProgramState } from '../../../../toolchain/stack/programState.ts';
import { daemonLogFile, stackPaths } from '../../../../toolchain/stack/stackPaths.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('the logs of a stack', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const file = (daemon: 'scheduler' | 'helper') => daemonLogFile(stackPaths(folder.path), daemon);
  const lines = async (count: number) => (await readLogs(folder.path, ['scheduler'], count))[0]?.lines;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('are empty where no stack ever ran', async () => {
    assert.deepEqual(
      (await readLogs(folder.path, ['scheduler', 'helper'], 10)).map(({ daemon, lines: all, bytes }) => [
        daemon,
        all,
        bytes,
      ]),
      [
        ['scheduler', [], 0],
        ['helper', [], 0],
      ],
    );
  });

  it('give their last whole lines, as many as are asked for', async () => {
    await makeProgramState(folder.path, 'dev', 'logs');
    writeFileSync(file('scheduler'), 'a\nb ü\n\nc\nhalf', { mode: 0o600 });
    assert.deepEqual(await lines(2), ['', 'c']);
    assert.deepEqual(await lines(100), ['a', 'b ü', '', 'c']);
    assert.deepEqual(await lines(0), []);
    const [tail] = await readLogs(folder.path, ['scheduler'], 1);
    assert.equal(tail?.bytes, Buffer.byteLength('a\nb ü\n\nc\n'));
  });

  it('are an error where one leads elsewhere, or is a folder', async () => {
    await makeProgramState(folder.path, 'dev', 'logs');
    writeFileSync(join(folder.path, 'secret'), 'secret\n');
    await symlink(join(folder.path, 'secret'), file('scheduler'));
    await assert.rejects(lines(1), { code: 'state_unsafe' });
    await mkdir(file('helper'));
    await assert.rejects(readLogs(folder.path, ['helper'], 1), { name: 'GrafosError' });
  });

  /** Follows both logs, and gives the lines that come. */
  const follow = async () => {
    const tails = await readLogs(folder.path, ['scheduler', 'helper'], 0);
    const abort = new AbortController();
    const got: string[] = [];
    let wake = () => {};
    const following = followLogs(folder.path, tails, abort.signal, (daemon, line) => {
      got.push(`${daemon} ${line}`);
      wake();
    });
    return {
      got,
      until: async (count: number) => {
        for (const late = AbortSignal.timeout(10_000); got.length < count; late.throwIfAborted()) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            late.addEventListener('abort', () => resolve(), { once: true });
          });
        }
      },
      end: async () => {
        abort.abort();
        await following;
      },
    };
  };

  it('are followed from where they were read, line by whole line', async () => {
    await makeProgramState(folder.path, 'dev', 'logs');
    writeFileSync(file('scheduler'), 'old\nha', { mode: 0o600 });
    const followed = await follow();
    appendFileSync(file('scheduler'), 'lf\nnext\nope');
    await followed.until(2);
    appendFileSync(file('scheduler'), 'n\n');
    await followed.until(3);
    await followed.end();
    assert.deepEqual(followed.got, ['scheduler half', 'scheduler next', 'scheduler open']);
  });

  it('are followed from their beginning where they are yet to be made, and made anew', async () => {
    const followed = await follow();
    // The folder is there once the logs are followed.
    await makeProgramState(folder.path, 'dev', 'logs');
    writeFileSync(file('helper'), 'first line of all\n', { mode: 0o600 });
    await followed.until(1);
    writeFileSync(`${file('helper')}.new`, 'anew\n', { mode: 0o600 });
    renameSync(`${file('helper')}.new`, file('helper'));
    await followed.until(2);
    await followed.end();
    assert.deepEqual(followed.got, ['helper first line of all', 'helper anew']);
  });

  it('are not followed for a signal that is over', async () => {
    await followLogs(folder.path, [], AbortSignal.abort(), () => assert.fail());
  });
});
