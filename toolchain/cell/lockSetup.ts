import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { lockProcesses } from '../lock/processLock.ts';

/** Time that a second `cell init` or `cell renew` waits for the first, milliseconds. */
const WAIT_MS = 10_000;

/**
 * Lets one `cell init` or `cell renew` at a time change the keys of a cell.
 *
 * @throws {GrafosError} cell_busy
 */
export function lockSetup(folder: StateFolder, signal: AbortSignal): Promise<AsyncDisposable> {
  return lockProcesses(folder.file('setup.lock'), signal, {
    waitMs: WAIT_MS,
    busy: (holder) =>
      new GrafosError('cell_busy', 'Another command works on the keys of this cell.', {
        why: holder === undefined ? `${folder.path} is locked.` : `Process ${holder.pid} has locked ${folder.path}.`,
        next: 'Wait for it, or end that process, and run the command again.',
      }),
  });
}
