/**
 * Takes and leaves the lock `argv[2]` until it is killed. While it has it, a file beside says so.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { lockStack } from '../../toolchain/stack/stackLock.ts';

const lock = process.argv[2] ?? '';
const inside = `${lock}-inside`;
const never = new AbortController().signal;

for (;;) {
  await using _held = await lockStack(lock, never);
  let fd: number;
  try {
    fd = openSync(inside, 'wx');
  } catch {
    // Left by a contender that was killed, or its sign of life: then two have the lock.
    const other = Number(readFileSync(inside, 'utf8'));
    if (isAlive(other)) {
      process.stdout.write(`two holders: ${process.pid} and ${other}\n`);
      process.exit(1);
    }
    rmSync(inside);
    fd = openSync(inside, 'wx');
  }
  writeSync(fd, String(process.pid));
  closeSync(fd);
  await delay(Math.random() * 3);
  rmSync(inside);
  process.stdout.write('.');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
