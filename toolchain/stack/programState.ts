import { randomBytes } from 'node:crypto';
import { lstatSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_NAME, StateFolder } from '../../base/files/stateFolder.ts';
import { fileError } from '../files/fileError.ts';
import {
  claimProgramRecord,
  dropProgramRecord,
  keepProgramRecord,
  type ProgramRecord,
  programRecordText,
} from '../user/programRecords.ts';
import { setStateAside } from './setStateAside.ts';
import { giveStateNotice } from './stateNotices.ts';
import { OWNER_FILE, stateOwner } from './stateOwner.ts';

/** Processes that make the same folder at one time each lose at most a few rounds. */
const TRIES = 20;

/**
 * Makes `.grafos/` of a program, with the `.gitignore` that keeps it out of every repository, and
 * the folder `names` in it. One that this user did not make on this machine is set aside first.
 *
 * @returns the folder `names`, or `.grafos` itself
 * @throws {GrafosError} state_unsafe, user_records_failed, no_home_folder, the code of a file error
 */
export async function makeProgramState(programRoot: string, ...names: string[]): Promise<StateFolder> {
  try {
    const state = await ownState(programRoot);
    return names.reduce((folder, name) => folder.make(name), state);
  } catch (error) {
    throw fileError(error, `The state of the program cannot be kept in ${join(programRoot, STATE_NAME)}`);
  }
}

/**
 * Finds the folder `names` in the `.grafos/` of a program. One that this user did not make on this
 * machine counts as missing, and is named once in a notice.
 *
 * @throws {GrafosError} state_unsafe
 */
export function findProgramState(programRoot: string, ...names: string[]): StateFolder | undefined {
  const owner = stateOwner(programRoot);
  if (owner.kind === 'foreign') {
    giveStateNotice(
      'note',
      `${join(programRoot, STATE_NAME)} was not made by this user on this machine; it is ignored. ${owner.why}\n` +
        '  next: grafos dev up sets it aside and makes a new one',
    );
  }
  if (owner.kind !== 'ours') return undefined;
  return names.reduce<StateFolder | undefined>((folder, name) => folder?.find(name), owner.folder);
}

async function ownState(programRoot: string): Promise<StateFolder> {
  for (let tries = 1; ; tries += 1) {
    const owner = stateOwner(programRoot);
    if (owner.kind === 'ours') {
      if (owner.moved !== undefined) await follow(owner.folder, owner.record, owner.moved);
      return owner.folder;
    }
    if (owner.kind === 'foreign') {
      // Where no record can be kept, there will be no new folder: what is there stays.
      await claimProgramRecord(realpathSync.native(programRoot));
      setStateAside(programRoot, owner);
    } else await create(programRoot, tries === TRIES);
  }
}

/** Moves the record along with a program that was moved. */
async function follow(folder: StateFolder, record: ProgramRecord, from: string): Promise<void> {
  await keepProgramRecord(record);
  await folder.write(OWNER_FILE, programRecordText(record));
  dropProgramRecord(from);
}

/**
 * Makes the folder aside and renames it into place, so that no process sees one without its owner.
 * When another process was faster, its folder stays.
 */
async function create(programRoot: string, isLast: boolean): Promise<void> {
  const temporaryName = `${STATE_NAME}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  const fresh = StateFolder.make(programRoot, temporaryName);
  try {
    const record = await claimProgramRecord(realpathSync.native(programRoot));
    fresh.writeNew('.gitignore', '*\n');
    fresh.writeNew(OWNER_FILE, programRecordText(record));
    const path = join(programRoot, STATE_NAME);
    removeEmpty(path);
    try {
      renameSync(fresh.path, path);
    } catch (error) {
      if (isLast || lstatSync(path, { throwIfNoEntry: false }) === undefined) throw error;
    }
  } finally {
    rmSync(join(programRoot, temporaryName), { recursive: true, force: true });
  }
}

/** Windows does not rename a folder onto an empty one. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It is not there, or not empty.
  }
}
