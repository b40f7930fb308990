import { realpath } from 'node:fs/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { lockProcesses } from '../lock/processLock.ts';
import { makeUserRecords, programRecordName, readUserRecord } from '../user/userRecords.ts';
import type { CloudProvider } from './cloudCells.ts';
import { USED_CELLS_CHECK } from './usedCellsChecks.ts';

/** A run that this user submitted, and the cell that took it, by name. */
export interface UsedCell {
  run_id: string;
  provider: CloudProvider;
  cell: string;
}

/**
 * The cells that took the runs of a program. It is a record of this user, outside of the program's
 * folder: a stranger's folder cannot say where a run went, or where the next one goes.
 */
export interface UsedCells {
  version: 1;
  /** Real path of the program: a copy of the folder has another, and so another record. */
  program: string;
  /** The cell of the last deploy to each provider, by name. */
  last: Partial<Record<CloudProvider, string>>;
  /** The newest first. */
  runs: UsedCell[];
}

/** Folder of the records, among the user's own. */
const FOLDER = 'used-cells';
const RECORD_BYTES_MAX = 1024 * 1024;
const RUNS_MAX = 1_000;
/** The longest wait for another command that changes the record, milliseconds. */
const WAIT_MS = 2_000;

/** The record of a program; an empty one where there is none, or it is damaged. */
export async function readUsedCells(programRoot: string): Promise<UsedCells> {
  const program = await realpath(programRoot);
  const bounds = { bytes: RECORD_BYTES_MAX, check: USED_CELLS_CHECK };
  return readUserRecord<UsedCells>(FOLDER, program, bounds) ?? { version: 1, program, last: {}, runs: [] };
}

/**
 * Remembers which cell took a run. Where the record cannot be kept, later commands look for the run
 * at every cell.
 */
export async function rememberCell(programRoot: string, used: UsedCell): Promise<void> {
  try {
    const name = programRecordName(await realpath(programRoot));
    const folder = makeUserRecords(FOLDER);
    const busy = () => new GrafosError('user_records_failed', 'Another grafos is changing the record.');
    const options = { waitMs: WAIT_MS, busy };
    await using _lock = await lockProcesses(folder.file(`${name}.lock`), new AbortController().signal, options);
    const record = await readUsedCells(programRoot);
    const others = record.runs.filter(({ run_id }) => run_id !== used.run_id);
    const changed: UsedCells = {
      ...record,
      last: { ...record.last, [used.provider]: used.cell },
      runs: [used, ...others].slice(0, RUNS_MAX),
    };
    await folder.write(name, `${JSON.stringify(changed)}\n`);
  } catch {
    // Only the way to the run is longer.
  }
}
