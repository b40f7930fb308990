import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { StateFolder } from '../../daemons/protocol/stateFolder.ts';
import { isLivingOwner, type LockOwner, OWNER_BYTES, ownerText, parseOwner } from './lockOwner.ts';

/** Before the door is looked at again, milliseconds. */
const AGAIN_MS = 5;
/** Looks in a row that may fail because the door comes and goes meanwhile. */
const FAILURES_MAX = 40;

/**
 * Lets one process at a time look at a lock and change it, for the moment that this takes.
 *
 * The door is a folder with one file, which names its owner. A folder is renamed onto another only
 * when that one is empty, on every file system, with hard links or without: so nobody sees a door
 * that does not say whose it is, and no two have it. The file has a name that is used once, so that
 * the removal of a dead owner's file never meets that of a living one.
 *
 * @param name name of the door in `folder`
 * @returns leaves the door
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
  folder.make(claim).writeNew(id, ownerText(owner));
  try {
    for (let failures = 0; ; ) {
      until.throwIfAborted();
      try {
        folder.rename(claim, name);
        return () => leave(folder, name, id);
      } catch (error) {
        // Somebody has it, or it cannot be made at all: the look says which.
        if ((await freeDeadDoor(folder, name)) === 'changing' && ++failures === FAILURES_MAX) throw error;
      }
      await delay(AGAIN_MS);
    }
  } finally {
    folder.remove(claim);
  }
}

/** Opens the door of a process that was killed in it. */
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
    // Its owner left, or another took it, between two of these steps.
  }
  return 'changing';
}

function leave(folder: StateFolder, name: string, id: string): void {
  try {
    folder.find(name)?.remove(id);
    folder.removeEmpty(name);
  } catch {
    // The whole folder went meanwhile. A door that stays names its owner, and is freed when that ends.
  }
}
