import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { findUserRecords, makeUserRecords, programRecordName, userRecordsFailed } from './userRecords.ts';

/** The record that a program's state folder was made by this user on this machine. */
export interface ProgramRecord {
  /** Random; the state folder's `owner` file has the same. */
  id: string;
  /** Real path of the program. */
  path: string;
}

const FOLDER = 'programs';
const ID = /^[0-9a-f]{64}$/;
const RECORD_BYTES = 16 * 1024;

/** Looks at a record that another process is writing before it counts as torn for good. */
const TORN_TRIES = 25;
const TORN_MS = 20;

/** Reads a record, or an `owner` file, which has the same form; undefined when it is none. */
export function parseProgramRecord(text: string | undefined): ProgramRecord | undefined {
  try {
    const { id, path }: Partial<ProgramRecord> = JSON.parse(text ?? '');
    return typeof id === 'string' && ID.test(id) && typeof path === 'string' ? { id, path } : undefined;
  } catch {
    return undefined;
  }
}

export function programRecordText({ id, path }: ProgramRecord): string {
  return `${JSON.stringify({ id, path })}\n`;
}

/** The record of the program at a real path; undefined when there is none that can be read. */
export function readProgramRecord(path: string): ProgramRecord | undefined {
  try {
    const record = parseProgramRecord(findUserRecords(FOLDER)?.readText(programRecordName(path), RECORD_BYTES));
    return record?.path === path ? record : undefined;
  } catch {
    // A record that is unsafe to read proves nothing.
    return undefined;
  }
}

/**
 * Takes the record of the program at a real path, or makes one. Processes that come at the same
 * time get the same record.
 *
 * @throws {GrafosError} no_home_folder, user_records_failed, state_unsafe
 */
export async function claimProgramRecord(path: string): Promise<ProgramRecord> {
  const folder = makeUserRecords(FOLDER);
  const fresh = { id: randomBytes(32).toString('hex'), path };
  try {
    for (let tries = 1; tries <= TORN_TRIES; tries += 1) {
      const record = readProgramRecord(path);
      if (record !== undefined) return record;
      if (folder.writeNew(programRecordName(path), programRecordText(fresh))) return fresh;
      await delay(TORN_MS);
    }
  } catch (error) {
    throw userRecordsFailed(error);
  }
  // A process that was killed while it wrote left it torn.
  return keepProgramRecord(fresh);
}

/**
 * Writes a record over the one that is there.
 *
 * @throws {GrafosError} no_home_folder, user_records_failed, state_unsafe
 */
export async function keepProgramRecord(record: ProgramRecord): Promise<ProgramRecord> {
  try {
    await makeUserRecords(FOLDER).write(programRecordName(record.path), programRecordText(record));
  } catch (error) {
    throw userRecordsFailed(error);
  }
  return record;
}

/** Removes the record of a path that no longer has the program. */
export function dropProgramRecord(path: string): void {
  findUserRecords(FOLDER)?.remove(programRecordName(path));
}
