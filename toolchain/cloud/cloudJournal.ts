import { GrafosError } from '../../base/grafosError.ts';
import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { fileError } from '../files/fileError.ts';
import type { LockOwner } from '../lock/lockOwner.ts';
import { lockProcesses } from '../lock/processLock.ts';
import { findProgramState, makeProgramState } from '../stack/programState.ts';
import type { MakingProvider } from './cellCloud.ts';
import { JOURNAL_CHECK } from './journalChecks.ts';

/** The step that was begun last; the cloud says whether it was done. */
export type JournalStep = 'make' | 'enrol' | 'open' | 'adopt' | 'done' | 'unmake';

/**
 * The notes of one cell, `.grafos/cloud/<provider>-<name>.json`. The truth is in the cloud: the
 * notes only say where to look, and make a repeated request one with the first.
 */
export interface CloudJournal {
  version: 1;
  provider: MakingProvider;
  name: string;
  account: string;
  /** Every region that the cell was ever made in, the last one last. */
  regions: string[];
  size: string;
  from: string;
  /** Changes with each attempt to make the cell. */
  token: string;
  step: JournalStep;
  /** URL of the scheduler once it is known. */
  url: string | null;
  /** RFC 3339, of the first note. */
  began: string;
}

const CLOUD = 'cloud';
const JOURNAL_BYTES_MAX = 64 * 1024;
/** The longest wait for another command that works on the same cell, milliseconds. */
const WAIT_MS = 2_000;

/** The notes of a cell; undefined where there are none, or they are damaged. */
export function readJournal(programRoot: string, provider: MakingProvider, name: string): CloudJournal | undefined {
  try {
    const bytes = findProgramState(programRoot, CLOUD)?.read(journalName(provider, name), JOURNAL_BYTES_MAX);
    if (bytes === undefined || isDeepJson(bytes)) return undefined;
    const journal: unknown = JSON.parse(bytes.toString('utf8'));
    if (JOURNAL_CHECK(journal, 'journal') !== null) return undefined;
    const own = journal as CloudJournal;
    return own.provider === provider && own.name === name ? own : undefined;
  } catch {
    return undefined;
  }
}

/** The notes of all cells of a program, in the order of their names. */
export function readJournals(programRoot: string): CloudJournal[] {
  const names = findProgramState(programRoot, CLOUD)?.names().sort() ?? [];
  return names.flatMap((file) => {
    const [, provider, name] = /^(aws|gcp)-(.+)\.json$/.exec(file) ?? [];
    if (provider === undefined || name === undefined || name === 'cells') return [];
    return readJournal(programRoot, provider as MakingProvider, name) ?? [];
  });
}

export async function writeJournal(programRoot: string, journal: CloudJournal): Promise<void> {
  try {
    const folder = await makeProgramState(programRoot, CLOUD);
    await folder.write(journalName(journal.provider, journal.name), `${JSON.stringify(journal, null, 2)}\n`);
  } catch (error) {
    throw fileError(error, 'The notes of the cell cannot be written');
  }
}

export function dropJournal(programRoot: string, provider: MakingProvider, name: string): void {
  findProgramState(programRoot, CLOUD)?.remove(journalName(provider, name));
}

/**
 * Lets one command at a time work on a cell.
 *
 * @throws {GrafosError} cloud_cell_busy
 */
export async function lockCell(
  programRoot: string,
  provider: MakingProvider,
  name: string,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const folder = await makeProgramState(programRoot, CLOUD);
  const busy = (holder: LockOwner | undefined) =>
    new GrafosError('cloud_cell_busy', `Another grafos is working on ${name} of ${provider}.`, {
      ...(holder === undefined ? {} : { why: `It is process ${holder.pid}.` }),
      next: 'Wait for it, or end that process and run the command again: it goes on where the other was.',
    });
  return lockProcesses(folder.file(`${provider}-${name}.lock`), signal, { waitMs: WAIT_MS, busy });
}

function journalName(provider: MakingProvider, name: string): string {
  return `${provider}-${name}.json`;
}
