import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { fileError } from '../files/fileError.ts';
import type { LockOwner } from '../lock/lockOwner.ts';
import { lockProcesses } from '../lock/processLock.ts';
import { userStateFolder } from '../user/userFolders.ts';
import { programRecordName, readUserRecord } from '../user/userRecords.ts';
import { CONFIRMATION_CHECK } from './confirmationChecks.ts';

/**
 * SHA-256, lower-case hex, of the confirmed things: the fields of the entry, and the CA certificate
 * that they name.
 */
export interface Confirmed {
  entry_sha256: string;
  ca_sha256: string;
}

export interface ConfirmedCell extends Confirmed {
  /** A deploy to it was confirmed as well. */
  deploys: boolean;
}

/**
 * Cells and stack that this user made or confirmed for a program (docs/internals/security.md,
 * "Folders of strangers").
 */
export interface ConfirmationRecord {
  version: 1;
  /** Real path of the program: a copy of the folder has another, and so another record. */
  program: string;
  stack: Confirmed | null;
  /** The newest first. */
  cells: ConfirmedCell[];
}

/** Folder of the records, among the user's own. */
const FOLDER = 'confirmed';

const RECORD_BYTES_MAX = 64 * 1024;
const CELLS_MAX = 100;

/**
 * The record of a program; an empty one where there is none, or it is damaged: then nothing is
 * confirmed.
 */
export async function readConfirmationRecord(programRoot: string): Promise<ConfirmationRecord> {
  const program = await realpath(programRoot);
  const bounds = { bytes: RECORD_BYTES_MAX, check: CONFIRMATION_CHECK };
  return readUserRecord<ConfirmationRecord>(FOLDER, program, bounds) ?? { version: 1, program, stack: null, cells: [] };
}

/** The longest wait for another command that changes the record, milliseconds. */
const WAIT_MS = 30_000;

/**
 * Changes the record of a program. Commands that do so at one time wait for each other.
 *
 * @throws {GrafosError} no_home_folder, user_records_failed, state_unsafe, or a file error's code
 */
export async function changeConfirmationRecord(
  programRoot: string,
  change: (record: ConfirmationRecord) => Pick<ConfirmationRecord, 'stack' | 'cells'>,
): Promise<void> {
  const name = programRecordName(await realpath(programRoot));
  try {
    const folder = StateFolder.at(join(userStateFolder(), FOLDER));
    const options = { waitMs: WAIT_MS, busy: recordBusy };
    await using _lock = await lockProcesses(folder.file(`${name}.lock`), new AbortController().signal, options);
    const record = await readConfirmationRecord(programRoot);
    const { stack, cells } = change(record);
    const changed: ConfirmationRecord = { ...record, stack, cells: cells.slice(0, CELLS_MAX) };
    await folder.write(name, `${JSON.stringify(changed, null, 2)}\n`);
  } catch (error) {
    throw fileError(error, 'The record of what you confirmed cannot be written');
  }
}

function recordBusy(holder: LockOwner | undefined): GrafosError {
  const whose = holder === undefined ? 'Another grafos' : `Another grafos (process ${holder.pid})`;
  return new GrafosError('user_records_failed', `${whose} is changing what you confirmed.`, {
    why: `It has held the lock of that record for over ${WAIT_MS / 1000} s.`,
    next: 'Wait for it, or end that process and run the command again.',
  });
}
