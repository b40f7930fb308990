import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { isProcess } from '../../base/processIdentity.ts';
import type { DaemonState } from '../../daemons/wire/devState.ts';

/** Time that a daemon may take to stop by itself before it is ended by force, milliseconds. */
const GRACE_MS = 3_000;

/**
 * Ends a daemon that is not our child: asks it, waits until it is gone, and ends it by force when
 * it does not go.
 *
 * A process that merely inherited the pid is never touched. On Windows a signal is always by force;
 * there the removal of `dev.json`, which every daemon watches, asks.
 *
 * @returns the kind of its end, or `absent` when it was gone before
 * @throws {GrafosError} daemon_not_ended when it belongs to another user or survives even force
 */
export async function endProcess(
  daemon: Pick<DaemonState, 'pid' | 'started'>,
): Promise<'absent' | 'stopped' | 'killed'> {
  const alive = () => isProcess(daemon.pid, daemon.started);
  if (!(await alive())) return 'absent';
  if (process.platform !== 'win32') signal(daemon.pid, 'SIGTERM');
  // The operating system reports an exit only to the parent, and these have none here. So there is
  // a short, bounded look.
  const deadline = Date.now() + GRACE_MS;
  for (let wait = 4; Date.now() < deadline; wait = Math.min(wait * 1.5, 50)) {
    await delay(wait);
    if (!(await alive())) return 'stopped';
  }
  signal(daemon.pid, 'SIGKILL');
  for (let looks = 0; looks < 200; looks += 1) {
    if (!(await alive())) return 'killed';
    await delay(10);
  }
  throw notEnded(daemon.pid, 'It did not go even by force: the operating system holds it.');
}

function notEnded(pid: number, why: string): GrafosError {
  return new GrafosError('daemon_not_ended', `Process ${pid} of the local stack cannot be ended.`, {
    why,
    next: 'End that process, then run the command again.',
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPERM') throw notEnded(pid, 'It belongs to another user, who started this stack.');
    // Else it went between the look and the signal.
    if (code !== 'ESRCH') throw error;
  }
}
