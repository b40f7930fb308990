import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GrafosError } from '../../base/grafosError.ts';

const run = promisify(execFile);

/** Time that `systemd-notify` may take until systemd has read the message, milliseconds. */
const NOTIFY_MS = 10_000;

/**
 * The service manager that started this process, by the protocol of sd_notify(3).
 *
 * Node has no datagram socket of the local kind, so `systemd-notify` speaks for it. The unit needs
 * `NotifyAccess=all` (docs/adr/0042-a-cell-under-systemd.md).
 */
export interface ServiceManager {
  /**
   * Sends facts such as `READY=1`.
   *
   * @throws {GrafosError} notify_failed
   */
  notify(...facts: string[]): Promise<void>;
  /** Half the time in which it wants a sign of life, milliseconds; null when it wants none. */
  beatMs: number | null;
}

/** Finds the service manager in the environment; undefined where nobody listens. */
export function findServiceManager(environment: NodeJS.ProcessEnv = process.env): ServiceManager | undefined {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, PATH } = environment;
  if (!NOTIFY_SOCKET) return undefined;
  const isForUs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  const usec = Number(WATCHDOG_USEC);
  return {
    beatMs: isForUs && Number.isFinite(usec) && usec > 0 ? usec / 2_000 : null,
    notify: async (...facts) => {
      try {
        await run('systemd-notify', facts, { env: { NOTIFY_SOCKET, PATH }, timeout: NOTIFY_MS });
      } catch (cause) {
        throw new GrafosError('notify_failed', 'The service manager cannot be told that the cell runs.', {
          why: cause instanceof Error ? cause.message : String(cause),
          next: 'Install systemd-notify, which is part of systemd; or run the cell by hand, without NOTIFY_SOCKET.',
          cause,
        });
      }
    },
  };
}
