import { type BigIntStats, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_NAME, StateFolder } from '../../base/files/stateFolder.ts';
import { type ProgramRecord, parseProgramRecord, readProgramRecord } from '../user/programRecords.ts';

/** Name of the file in the state folder that the record outside must match. */
export const OWNER_FILE = 'owner';
const OWNER_BYTES = 16 * 1024;

export type StateOwner =
  | { kind: 'absent' }
  /** `record` is as it should be now; `moved` is the path where the record still lies. */
  | { kind: 'ours'; folder: StateFolder; record: ProgramRecord; moved?: string }
  | { kind: 'foreign'; why: string; stats: BigIntStats };

/**
 * Says whether this user made the `.grafos` of a program on this machine. A clone, a copy and an
 * archive can bring a `.grafos`, but not the record outside of the program that matches its id.
 * Reads two small files and writes nothing.
 *
 * @throws {GrafosError} state_unsafe for a folder of another user
 */
export function stateOwner(programRoot: string): StateOwner {
  const path = join(programRoot, STATE_NAME);
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return { kind: 'absent' };
  const foreign = (why: string): StateOwner => ({ kind: 'foreign', why, stats });
  if (!stats.isDirectory()) return foreign(stats.isSymbolicLink() ? 'It is a link.' : 'It is no folder.');
  const folder = StateFolder.find(programRoot, STATE_NAME);
  if (folder === undefined) return { kind: 'absent' };
  const owner = readOwner(folder);
  if (owner === undefined && isEmpty(path)) return { kind: 'absent' };
  if (owner === undefined) return foreign('It has no owner file that could be checked.');
  const here = realpathSync.native(programRoot);
  const record = { id: owner.id, path: here };
  if (readProgramRecord(here)?.id === owner.id) return { kind: 'ours', folder, record };
  if (readProgramRecord(owner.path)?.id !== owner.id)
    return foreign('No record of it is among the records of this user.');
  const there = lookAt(owner.path);
  // One folder under two names: another spelling where case does not count, or a second mount.
  if (there !== undefined && there.stats.dev === stats.dev && there.stats.ino === stats.ino)
    return { kind: 'ours', folder, record };
  if (there?.id === owner.id) return foreign(`It is a copy of the one in ${owner.path}.`);
  return { kind: 'ours', folder, record, moved: owner.path };
}

function readOwner(folder: StateFolder): ProgramRecord | undefined {
  try {
    return parseProgramRecord(folder.readText(OWNER_FILE, OWNER_BYTES));
  } catch {
    // A link, a pipe or a large file is no owner file.
    return undefined;
  }
}

function lookAt(programRoot: string): { stats: BigIntStats; id: string | undefined } | undefined {
  try {
    const stats = lstatSync(join(programRoot, STATE_NAME), { bigint: true });
    const folder = StateFolder.find(programRoot, STATE_NAME);
    return { stats, id: folder === undefined ? undefined : readOwner(folder)?.id };
  } catch {
    return undefined;
  }
}

function isEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false;
  }
}
