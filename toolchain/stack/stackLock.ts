import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { link } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { isProcess, processStart } from '../../daemons/protocol/processIdentity.ts';
import { StateFolder } from '../../daemons/protocol/stateFolder.ts';

/** How long a second `dev up` or `dev down` waits for the first, milliseconds. */
const WAIT_MS = 30_000;
/** Bytes of a lock at most. */
const LOCK_BYTES = 4_096;
/** How long to wait before a lock that could not be taken away is looked at again, milliseconds. */
const AGAIN_MS = 20;

interface Owner {
  pid: number;
  started: string;
}

/**
 * Lets one `dev up` or `dev down` at a time work on a program. The lock names its owner, so that the
 * lock of a killed process is taken over. The folder of the lock is made when it is missing.
 *
 * @param onWait is given the process that has the lock, when there is one to wait for
 * @throws {GrafosError} stack_busy when the owner lives and does not finish in time
 * @throws {GrafosError} state_unsafe when something else than a file has the lock's place
 */
export async function lockStack(
  lock: string,
  signal: AbortSignal,
  onWait: (pid: number) => void = () => {},
): Promise<AsyncDisposable> {
  signal.throwIfAborted();
  const mine = JSON.stringify({ pid: process.pid, started: (await processStart(process.pid)) ?? '' } satisfies Owner);
  const folder = StateFolder.at(dirname(lock));
  const name = basename(lock);
  const claim = `${name}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
  // Written aside and linked into place: nobody can see a lock that does not yet say whose it is.
  folder.writeNew(claim, mine);
  try {
    for (;;) {
      try {
        await link(folder.file(claim), folder.file(name));
        await removeDeadClaims(folder, name);
        return { [Symbol.asyncDispose]: async () => release(folder, name, mine) };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      // Whatever stays in the way, each round ends here.
      signal.throwIfAborted();
      const held = folder.readText(name, LOCK_BYTES);
      const owner = held === undefined ? undefined : parseOwner(held);
      if (deadline.aborted) throw stackBusy(lock, owner);
      if (held === undefined) continue;
      if (owner === undefined || !(await isProcess(owner.pid, owner.started))) {
        if (!(await takeAway(folder, name, held))) await delay(AGAIN_MS);
        continue;
      }
      const again = nextChange(folder.path, deadline);
      // The owner may have left between our look and our watch.
      if (folder.readText(name, LOCK_BYTES) !== held) {
        again.ignore();
        continue;
      }
      onWait(owner.pid);
      await again.happened;
    }
  } finally {
    folder.remove(claim);
  }
}

function stackBusy(lock: string, owner: Owner | undefined): GrafosError {
  const whose = owner === undefined ? 'Another grafos' : `Another grafos (process ${owner.pid})`;
  return new GrafosError('unreachable', 'stack_busy', `${whose} is starting or stopping this stack.`, {
    why: `It has held ${lock} for over ${WAIT_MS / 1000} s.`,
    next: 'Wait for it, or end that process and run the command again.',
  });
}

/** Removes the claims of processes that were killed while they asked for the lock. */
async function removeDeadClaims(folder: StateFolder, lock: string): Promise<void> {
  for (const name of folder.names().filter((one) => one.startsWith(`${lock}.`))) {
    // A claim that names no owner is being written, or is not a claim at all.
    const owner = parseOwner(textOf(folder, name) ?? '');
    if (owner !== undefined && !(await isProcess(owner.pid, owner.started))) folder.remove(name);
  }
}

function textOf(folder: StateFolder, name: string): string | undefined {
  try {
    return folder.readText(name, LOCK_BYTES);
  } catch {
    return undefined;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner: Partial<Owner> = JSON.parse(text);
    return typeof owner.pid === 'number' && typeof owner.started === 'string'
      ? { pid: owner.pid, started: owner.started }
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes a dead owner's lock, and gives back the lock of a living process that came between our look
 * and our grip.
 *
 * @returns false when the lock could not be moved
 */
async function takeAway(folder: StateFolder, lock: string, dead: string): Promise<boolean> {
  const aside = `${lock}.dead.${randomBytes(4).toString('hex')}`;
  try {
    folder.rename(lock, aside);
  } catch {
    return false;
  }
  if ((textOf(folder, aside) ?? dead) !== dead) await link(folder.file(aside), folder.file(lock)).catch(() => {});
  folder.remove(aside);
  return true;
}

function release(folder: StateFolder, lock: string, mine: string): void {
  // A folder that went meanwhile took the lock along.
  if (textOf(folder, lock) === mine) folder.remove(lock);
}

function nextChange(dir: string, until: AbortSignal): { happened: Promise<void>; ignore(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(dir, () => resolve());
  watcher.on('error', () => resolve());
  const stop = () => resolve();
  until.addEventListener('abort', stop, { once: true });
  if (until.aborted) resolve();
  const ignore = () => {
    watcher.close();
    until.removeEventListener('abort', stop);
  };
  return { happened: promise.finally(ignore), ignore };
}
