import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { isLivingOwner, type LockOwner, OWNER_BYTES, ownerText, parseOwner } from './lockOwner.ts';

/** Time before the door is tried again, milliseconds. */
const AGAIN_MS = 5;
/** Tries that may fail because the door is changing; then its error is thrown. */
const FAILURES_MAX = 40;

/**
 * Lets one process at a time read and change a lock, for a moment.
 *
 * The door is a folder with one file, which names its owner. Every file system renames a folder
 * onto another only when that one is empty. So every door names its owner, and no two processes
 * have it. The name of the file is used once: the removal of a dead owner's file never hits a
 * living owner's.
 *
 * @param name name of the door in `folder`
 * @returns a function that leaves the door
 * @throws the reason of `until` once it aborts; what the file system says when no door can be made
 */
export async function enterDoor(
  folder: StateFolder,
  name: string,
  owner: LockOwner,
  until: AbortSignal,
): Promise<() => void> {
  const id = `${process.pid}.${randomBytes(4).toString('hex')}`;
  const claim = `${name}.${id}`;
  try {
    folder.make(claim).writeNew(id, ownerText(owner));
    for (let failures = 0; ; ) {
      until.throwIfAborted();
      try {
        folder.rename(claim, name);
        return () => leave(folder, name, id);
      } catch (error) {
        // A process has the door, or it cannot be made at all.
        if ((await freeDeadDoor(folder, name)) === 'changing' && ++failures === FAILURES_MAX) throw error;
      }
      await delay(AGAIN_MS);
    }
  } finally {
    removeClaim(folder, claim);
  }
}

/**
 * Removes a claim. One that cannot be removed now stays for the next process that takes the lock:
 * FUSE keeps a file that another process reads, under another name.
 */
export function removeClaim(folder: StateFolder, claim: string): void {
  try {
    folder.remove(claim);
  } catch {
    // Claims of dead processes keep no one from the lock.
  }
}

/** Removes the door of a process that was killed in it; says whether a living process has it. */
async function freeDeadDoor(folder: StateFolder, name: string): Promise<'held' | 'changing'> {
  const door = folder.find(name);
  if (door === undefined) return 'changing';
  try {
    const [id] = door.names();
    if (id !== undefined) {
      const owner = parseOwner(door.readText(id, OWNER_BYTES) ?? '');
      if (owner !== undefined && (await isLivingOwner(owner))) return 'held';
      door.remove(id);
    }
    folder.removeEmpty(name);
  } catch {
    // Its owner left, or another process took it, between two of these steps.
  }
  return 'changing';
}

function leave(folder: StateFolder, name: string, id: string): void {
  try {
    folder.find(name)?.remove(id);
    folder.removeEmpty(name);
  } catch {
    // The whole folder is gone. A door that stays names its owner, and is removed after that ends.
  }
}
