import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { watchFolder } from '../../base/files/watchFolder.ts';
import { processStart } from '../../base/processIdentity.ts';
import { enterDoor, removeClaim } from './lockDoor.ts';
import { isLivingOwner, type LockOwner, OWNER_BYTES, ownerText, parseOwner, thisOwner } from './lockOwner.ts';

/** Wait before a lock that could not be removed is read again, milliseconds. */
const AGAIN_MS = 20;
/** Wait before the holder is checked again, milliseconds. */
const LOOK_MS = 250;
/** Reads of a lock that other processes change meanwhile, at most. */
const READ_TRIES = 10;

interface LockOptions {
  /** The longest wait for the owner, milliseconds. */
  waitMs: number;
  /** Makes the error where the owner, if it is known, does not finish in time. */
  busy(holder: LockOwner | undefined): Error;
  /** Is given the process that has the lock, when there is one to wait for. */
  onWait?: (pid: number) => void;
}

/**
 * Lets one process at a time go on. The lock is a file that names its owner, so that the lock of a
 * killed process is taken over. It is made and taken over behind a {@link enterDoor door}, without
 * hard links, which many file systems do not have.
 *
 * The folder of the lock is made when it is missing.
 *
 * @throws {GrafosError} state_unsafe when something else than a file has the lock's place
 * @throws what `busy` makes, and the signal's reason
 */
export async function lockProcesses(
  lock: string,
  signal: AbortSignal,
  { waitMs, busy, onWait }: LockOptions,
): Promise<AsyncDisposable> {
  signal.throwIfAborted();
  const owner = await thisOwner();
  const folder = StateFolder.at(dirname(lock));
  const name = basename(lock);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  let waitsFor: number | undefined;
  for (;;) {
    const holder = await livingHolder(folder, name);
    // Whatever stays in the way, each round ends here.
    signal.throwIfAborted();
    if (deadline.aborted) throw busy(holder);
    if (holder !== undefined) {
      const change = nextChange(folder.path, deadline);
      // The owner may have left between our look and our watch.
      if ((await livingHolder(folder, name)) !== undefined) {
        if (holder.pid !== waitsFor) onWait?.(holder.pid);
        waitsFor = holder.pid;
        await change.happened;
      }
      change.ignore();
    } else if (await take(folder, name, owner, deadline)) {
      await removeDeadClaims(folder, name);
      return { [Symbol.asyncDispose]: async () => release(folder, name, owner) };
    } else await delay(AGAIN_MS);
  }
}

/** Finds the living process that has the lock; undefined where there is none. */
async function livingHolder(folder: StateFolder, name: string): Promise<LockOwner | undefined> {
  const holder = parseOwner((await settledText(folder, name)) ?? '');
  return holder !== undefined && (await isLivingOwner(holder)) ? holder : undefined;
}

/**
 * Reads a lock. A lock that changes while it is read is read again; a lock that is no file is
 * refused.
 */
async function settledText(folder: StateFolder, name: string): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return folder.readText(name, OWNER_BYTES);
    } catch (error) {
      if (tries === READ_TRIES) throw error;
      await delay(1);
    }
  }
}

/**
 * Takes a lock that no living process has.
 *
 * @returns false when another process was faster, or when a dead lock cannot be removed
 */
async function take(folder: StateFolder, name: string, owner: LockOwner, until: AbortSignal): Promise<boolean> {
  let leave: () => void;
  try {
    leave = await enterDoor(folder, `${name}.door`, owner, until);
  } catch (error) {
    // The caller knows what to say of its own deadline.
    if (until.aborted) return false;
    throw error;
  }
  try {
    if ((await livingHolder(folder, name)) !== undefined) return false;
    try {
      folder.remove(name);
    } catch {
      return false;
    }
    return folder.writeNew(name, ownerText(owner));
  } finally {
    leave();
  }
}

/** Removes the claims of processes that were killed while they asked for the lock. */
async function removeDeadClaims(folder: StateFolder, lock: string): Promise<void> {
  for (const name of folder.names().filter((one) => one.startsWith(`${lock}.`) && one !== `${lock}.door`)) {
    // A claim that names no owner is being made, or is not a claim at all.
    const owner = claimOwner(folder, name);
    const [, pid] = /\.door\.(\d+)\.[0-9a-f]{8}$/.exec(name) ?? [];
    const isDead =
      owner === undefined
        ? pid !== undefined && (await processStart(Number(pid))) === undefined
        : !(await isLivingOwner(owner));
    if (isDead) removeClaim(folder, name);
  }
}

/** Reads the owner of a claim: a file of an earlier grafos, or a folder with one file. */
function claimOwner(folder: StateFolder, name: string): LockOwner | undefined {
  try {
    return parseOwner(folder.readText(name, OWNER_BYTES) ?? '');
  } catch {
    // The claim is a folder, or is gone.
  }
  try {
    const claim = folder.find(name);
    const [id] = claim?.names() ?? [];
    return id === undefined ? undefined : parseOwner(claim?.readText(id, OWNER_BYTES) ?? '');
  } catch {
    return undefined;
  }
}

function release(folder: StateFolder, name: string, owner: LockOwner): void {
  // A folder that went meanwhile took the lock along.
  if (StateFolder.findAt(folder.path) === undefined) return;
  if (folder.readText(name, OWNER_BYTES) === ownerText(owner)) folder.remove(name);
}

function nextChange(dir: string, until: AbortSignal): { happened: Promise<void>; ignore(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watching = watchFolder(dir, () => resolve());
  const stop = () => resolve();
  // A killed holder changes no file.
  const timer = setTimeout(stop, LOOK_MS);
  until.addEventListener('abort', stop, { once: true });
  if (until.aborted) resolve();
  return {
    happened: promise,
    ignore() {
      watching.close();
      clearTimeout(timer);
      until.removeEventListener('abort', stop);
    },
  };
}
