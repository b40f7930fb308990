import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { processStart } from '../../toolchain/stack/processIdentity.ts';
import { lockStack } from '../../toolchain/stack/stackLock.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const never = new AbortController().signal;

describe('stack lock', () => {
  it('names its owner, and leaves nothing behind', async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, 'lock');
    {
      await using _held = await lockStack(lock, never);
      assert.equal(JSON.parse(await readFile(lock, 'utf8')).pid, process.pid);
    }
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('lets one in at a time, however many come', async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, 'lock');
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        await using _held = await lockStack(lock, never);
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      }),
    );
    assert.equal(most, 1);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('takes over from a process that was killed', async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, 'lock');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const owner = { pid: child.pid ?? 0, started: (await processStart(child.pid ?? 0)) ?? '' };
    child.kill('SIGKILL');
    await once(child, 'exit');
    await writeFile(lock, JSON.stringify(owner));
    await using _held = await lockStack(lock, never);
    assert.equal(JSON.parse(await readFile(lock, 'utf8')).pid, process.pid);
  });

  it('takes over from a pid that now belongs to somebody else, and from a torn lock', async () => {
    for (const content of [JSON.stringify({ pid: process.pid, started: 'another start' }), '{"pid":', '']) {
      await using folder = await temporaryFolder();
      const lock = join(folder.path, 'lock');
      await writeFile(lock, content);
      await using _held = await lockStack(lock, never);
      assert.equal(JSON.parse(await readFile(lock, 'utf8')).started, await processStart(process.pid));
    }
  });

  it('clears what a process left that was killed while it asked, and nobody else’s', async () => {
    await using folder = await temporaryFolder();
    const dead = join(folder.path, 'lock.4242.aabbccdd');
    const living = join(folder.path, 'lock.4243.aabbccdd');
    const beingWritten = join(folder.path, 'lock.4244.aabbccdd');
    await writeFile(dead, JSON.stringify({ pid: process.pid, started: 'another start' }));
    await writeFile(living, JSON.stringify({ pid: process.pid, started: await processStart(process.pid) }));
    await writeFile(beingWritten, '');
    await using _held = await lockStack(join(folder.path, 'lock'), never);
    assert.deepEqual((await readdir(folder.path)).sort(), ['lock', basename(living), basename(beingWritten)]);
  });

  it('stops waiting when aborted, and leaves the owner its lock', async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, 'lock');
    await using _held = await lockStack(lock, never);
    const abort = new AbortController();
    const told = Promise.withResolvers<number>();
    const second = lockStack(lock, abort.signal, told.resolve);
    assert.equal(await told.promise, process.pid, 'who waits is told for whom');
    abort.abort(new Error('enough'));
    await assert.rejects(second, /enough/);
    assert.deepEqual(await readdir(folder.path), ['lock']);
  });
});
