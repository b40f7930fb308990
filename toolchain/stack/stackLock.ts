import { GrafosError } from '../../base/grafosError.ts';
import type { LockOwner } from '../lock/lockOwner.ts';
import { lockProcesses } from '../lock/processLock.ts';

/** Time that a second `dev up` or `dev down` waits for the first, milliseconds. */
const WAIT_MS = 30_000;

/**
 * Lets one `dev up` or `dev down` at a time work on a program.
 *
 * @param onWait is given the process that has the lock, when there is one to wait for
 * @throws {GrafosError} stack_busy when the owner lives and does not finish in time
 * @throws {GrafosError} state_unsafe when something else than a file has the lock's place
 */
export function lockStack(
  lock: string,
  signal: AbortSignal,
  onWait: (pid: number) => void = () => {},
): Promise<AsyncDisposable> {
  return lockProcesses(lock, signal, { waitMs: WAIT_MS, onWait, busy: (holder) => stackBusy(lock, holder) });
}

function stackBusy(lock: string, holder: LockOwner | undefined): GrafosError {
  const whose = holder === undefined ? 'Another grafos' : `Another grafos (process ${holder.pid})`;
  return new GrafosError('stack_busy', `${whose} is starting or stopping this stack.`, {
    why: `It has held ${lock} for over ${WAIT_MS / 1000} s.`,
    next: 'Wait for it, or end that process and run the command again.',
  });
}
