import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { StateFolder } from '../../../../base/files/stateFolder.ts';
import { GrafosError } from '../../../../base/grafosError.ts';
import { processStart } from '../../../../base/processIdentity.ts';
import { enterDoor } from '../../../../toolchain/lock/lockDoor.ts';
import { lockStack } from '../../../../toolchain/stack/stackLock.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';
import { WITHOUT_LINKS } from '../../../helpers/withoutLinks.ts';

const CONTENDER = fileURLToPath(new URL('../../../helpers/lockContender.ts', import.meta.url));

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

  for (const [call, code] of [
    ['openSync', 'EMFILE'],
    ['writeFileSync', 'ENOSPC'],
  ] as const) {
    it(`leaves no claim where the owner cannot be written (${code})`, async () => {
      await using folder = await temporaryFolder();
      const whole = fs[call];
      fs[call] = () => {
        throw Object.assign(new Error(code), { code });
      };
      syncBuiltinESMExports();
      try {
        const owner = { pid: process.pid, started: 'now' };
        await assert.rejects(enterDoor(StateFolder.at(join(folder.path, 'state')), 'door', owner, never), { code });
      } finally {
        Object.assign(fs, { [call]: whole });
        syncBuiltinESMExports();
      }
      assert.deepEqual(await readdir(join(folder.path, 'state')), []);
    });
  }

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

  const NO_LOCKS: Array<[string, (lock: string) => unknown]> = [
    ['a folder', (lock) => mkdir(lock)],
    ['a folder with something in it', (lock) => mkdir(join(lock, 'full'), { recursive: true })],
    ['a link that leads nowhere', (lock) => symlink('nowhere', lock)],
    ['a link to itself', (lock) => symlink('lock', lock)],
    ['a link to a device', (lock) => symlink('/dev/zero', lock)],
    ['a pipe', (lock) => execFileSync('mkfifo', [lock])],
    ['a huge file', (lock) => writeFile(lock, '').then(() => truncate(lock, 2 ** 40))],
  ];
  for (const [what, plant] of NO_LOCKS) {
    it(`refuses ${what} in its place at once, and leaves it`, async function () {
      if (process.platform === 'win32') this.skip();
      await using folder = await temporaryFolder();
      const lock = join(folder.path, 'lock');
      await plant(lock);
      await assert.rejects(lockStack(lock, never), (error) => {
        assert.ok(error instanceof GrafosError);
        assert.equal(error.code, 'state_unsafe');
        assert.match(error.message, /lock/);
        assert.match(error.next ?? '', /move it away/);
        return true;
      });
      assert.deepEqual(await readdir(folder.path), ['lock']);
    });
  }

  it('hears an abort while a dead lock cannot be taken away', async function () {
    if (process.platform !== 'linux' || process.geteuid?.() !== 0) this.skip();
    await using folder = await temporaryFolder();
    const lock = join(folder.path, 'lock');
    await writeFile(lock, '{"pid":');
    // An immutable file can be neither renamed nor removed.
    execFileSync('chattr', ['+i', lock]);
    try {
      const abort = new AbortController();
      const waiting = lockStack(lock, abort.signal);
      const seen = new Promise((resolve) => setTimeout(resolve, 100));
      await seen;
      abort.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
      assert.deepEqual(await readdir(folder.path), ['lock']);
    } finally {
      execFileSync('chattr', ['-i', lock]);
    }
  });

  it('stops waiting when aborted, and leaves the owner its lock', async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, 'lock');
    await using _held = await lockStack(lock, never);
    const abort = new AbortController();
    const reported = Promise.withResolvers<number>();
    const second = lockStack(lock, abort.signal, reported.resolve);
    assert.equal(await reported.promise, process.pid, 'who waits is told for whom');
    abort.abort(new Error('enough'));
    await assert.rejects(second, /enough/);
    assert.deepEqual(await readdir(folder.path), ['lock']);
  });

  for (const [how, under] of [
    ['', []],
    [', without hard links', WITHOUT_LINKS],
  ] as const) {
    it(`never has two holders while holders and askers are killed${how}`, async function () {
      if (process.platform !== 'linux') this.skip();
      await using folder = await temporaryFolder();
      const lock = join(folder.path, 'lock');
      const contenders = new Set<ChildProcess>();
      let said = '';
      let taken = 0;
      const start = () => {
        const [program = '', ...args] = [...under, process.execPath, CONTENDER, lock];
        const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        contenders.add(child);
        child.once('exit', () => contenders.delete(child));
        child.stdout?.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          taken += 1;
        });
      };
      try {
        for (let i = 0; i < 4; i += 1) start();
        const until = Date.now() + 30_000;
        for (let killed = 0; killed < 25 && Date.now() < until; killed += 1) {
          // At least one of them has had the lock since the last was killed: none stays in the way.
          for (const before = taken; taken < before + 2 && Date.now() < until; ) await delay(1);
          const [first] = contenders;
          first?.kill('SIGKILL');
          start();
        }
      } finally {
        const gone = [...contenders].map((child) => once(child, 'exit'));
        for (const child of contenders) child.kill('SIGKILL');
        await Promise.all(gone);
      }
      assert.doesNotMatch(said, /two holders/);
      assert.ok(taken >= 50, `taken ${taken} times`);
      {
        await using _held = await lockStack(lock, never);
        assert.equal(JSON.parse(await readFile(lock, 'utf8')).pid, process.pid);
      }
      assert.deepEqual(
        (await readdir(folder.path)).filter((name) => name !== 'lock-inside'),
        [],
      );
    });
  }

  it('takes over at once when the holder that it waits for is killed', async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, 'lock');
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
    await once(holder, 'spawn');
    await writeFile(lock, JSON.stringify({ pid: holder.pid, started: await processStart(holder.pid ?? 0) }));
    const reported = Promise.withResolvers<number>();
    const waiting = lockStack(lock, never, reported.resolve);
    assert.equal(await reported.promise, holder.pid);
    holder.kill('SIGKILL');
    await using _held = await waiting;
  });
});
