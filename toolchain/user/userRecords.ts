import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { makeFolders } from '../../base/files/makeFolders.ts';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { isDeepJson } from '../../base/json/isDeepJson.ts';
import type { Check } from '../../daemons/wire/checkOf.ts';
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

/**
 * Name of the record of a program at a real path: a hash, because a path may have characters that a
 * name must not have.
 */
export function programRecordName(path: string): string {
  return `${createHash('sha256').update(path).digest('hex')}.json`;
}

/**
 * Reads the record of a program in one of the folders of records.
 *
 * @param program real path of the program, which the record has as well: it is no other program's
 * @param check of the record's shape
 * @returns undefined where there is none, and where it is damaged
 */
export function readUserRecord<Kept extends { program: string }>(
  folder: string,
  program: string,
  { bytes: most, check }: { bytes: number; check: Check },
): Kept | undefined {
  try {
    const bytes = findUserRecords(folder)?.read(programRecordName(program), most);
    if (bytes === undefined || isDeepJson(bytes)) return undefined;
    const record: unknown = JSON.parse(bytes.toString('utf8'));
    if (check(record, 'record') !== null) return undefined;
    return (record as Kept).program === program ? (record as Kept) : undefined;
  } catch {
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
