import { realpathSync, statSync } from 'node:fs';
import { eventlessFolder } from '../../base/files/eventlessFolder.ts';
import type { DevState } from '../../daemons/wire/devState.ts';

type BoundFolder = NonNullable<DevState['folder']>;

/**
 * Identifies a program's folder, so that a copy of it is another one: by its real path, and by its
 * device and inode. A mount of another machine may change those two, so they are null there.
 */
export function boundFolder(programRoot: string): BoundFolder {
  const path = realpathSync.native(programRoot);
  if (eventlessFolder(path) !== undefined) return { path, device: null, inode: null };
  const { dev, ino } = statSync(path, { bigint: true });
  return { path, device: String(dev), inode: String(ino) };
}

/**
 * Says whether a stack belongs to a program's folder. A stack of an earlier grafos names no folder,
 * and does.
 */
export function isBoundTo({ folder }: DevState, programRoot: string): boolean {
  if (folder === undefined) return true;
  const here = boundFolder(programRoot);
  const isSame = (one: string | null, other: string | null) => one === null || other === null || one === other;
  // Another spelling of the same folder, or another mount of it, is the same folder.
  const hasNumbers = folder.inode !== null && here.inode !== null;
  return hasNumbers
    ? isSame(folder.device, here.device) && isSame(folder.inode, here.inode)
    : folder.path === here.path;
}

/**
 * Says whether a program was moved while its stack ran: the stack names its files by the old path.
 */
export function hasMoved({ folder }: DevState, programRoot: string): boolean {
  if (folder === undefined || folder.path === realpathSync.native(programRoot)) return false;
  const there = statSync(folder.path, { bigint: true, throwIfNoEntry: false });
  return there === undefined || String(there.ino) !== folder.inode;
}
