import { GrafosError } from '../../base/grafosError.ts';
import { findProgramState } from './programState.ts';
import { openStoreConnection } from './storeConnection.ts';

/** File name that the scheduler gives its store. */
export const STORE_FILE = 'cell.db';
/** Bytes of the answer at most. */
const ANSWER_BYTES = 4_096;

/** The finding of a look at the store of a stopped stack. */
export type StoreLook =
  | { kind: 'whole' }
  | { kind: 'none' }
  /** A scheduler has it open. */
  | { kind: 'in-use' }
  /** It can be opened, and is too large to be read in the time. */
  | { kind: 'too-large' }
  | { kind: 'damaged'; error: GrafosError };

/**
 * Looks at the store of a stopped stack, for reading only, in a process of its own.
 *
 * @param most milliseconds; the process ends with them
 * @throws the signal's reason
 */
export async function lookAtStore(programRoot: string, signal: AbortSignal, most: number): Promise<StoreLook> {
  const folder = findProgramState(programRoot, 'dev');
  if (folder?.names().includes(STORE_FILE) !== true) return { kind: 'none' };
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(most)]);
  const connection = openStoreConnection(folder.path, bounded);
  try {
    const { bytes } = await connection.call({ method: 'GET', path: '/damage', signal: bounded }, ANSWER_BYTES);
    const { damage }: { damage: string | null } = JSON.parse(bytes.toString('utf8'));
    return damage === null ? { kind: 'whole' } : { kind: 'damaged', error: damaged(folder.file(STORE_FILE), damage) };
  } catch (error) {
    signal.throwIfAborted();
    if (bounded.aborted) return { kind: 'too-large' };
    if (!(error instanceof GrafosError)) throw error;
    // The next start brings an older store up to date.
    if (error.code === 'store_older') return { kind: 'whole' };
    return error.code === 'store_locked' || error.code === 'runtime_not_ready'
      ? { kind: 'in-use' }
      : { kind: 'damaged', error };
  } finally {
    connection.close();
  }
}

function damaged(path: string, why: string): GrafosError {
  return new GrafosError('store_corrupt', `${path} is damaged.`, {
    why: `SQLite found: ${why}.`,
    next: `Move it and the files beside it that begin with its name away, and start again; "sqlite3 ${STORE_FILE} .recover" reads what is left of it.`,
  });
}
