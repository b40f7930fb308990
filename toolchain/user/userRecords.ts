import { basename, dirname } from 'node:path';
import { makeFolders } from '../../base/files/makeFolders.ts';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { userStateFolder } from './userFolders.ts';

/**
 * Makes the folder `name` of this user's own records, or takes the one that is there.
 *
 * @throws {GrafosError} no_home_folder, user_records_failed, state_unsafe
 */
export function makeUserRecords(name: string): StateFolder {
  const folder = userStateFolder();
  try {
    // The home folder is trusted as it is: people move parts of it to other disks by links.
    makeFolders(dirname(folder));
    return StateFolder.make(dirname(folder), basename(folder), name);
  } catch (error) {
    throw userRecordsFailed(error);
  }
}

/** Finds the folder `name` of this user's own records; undefined when there is none, or no home. */
export function findUserRecords(name: string): StateFolder | undefined {
  try {
    const folder = userStateFolder();
    return StateFolder.find(dirname(folder), basename(folder), name);
  } catch {
    // Records that cannot be reached say nothing.
    return undefined;
  }
}

/** Turns what the file system says of the records into an error with advice. */
export function userRecordsFailed(error: unknown): unknown {
  if (error instanceof GrafosError) return error;
  return new GrafosError('user_records_failed', `Records cannot be kept in ${userStateFolder()}.`, {
    why: error instanceof Error ? error.message : String(error),
    next: 'Make that folder writable, or set XDG_STATE_HOME to a folder that is, and that lasts.',
    cause: error,
  });
}
