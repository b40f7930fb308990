/**
 * Identifies the process of a pid.
 *
 * A pid alone is no identity: it is recycled, and a dead child may stay a zombie for seconds, so
 * signal 0 proves nothing. The pid together with the start time, in the operating system's own
 * terms, does.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Start time of a living process, as an opaque text for comparison only; undefined when no such
 * process lives.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  // Asking costs a process where there is no /proc, so only about a pid that somebody has.
  if (process.platform !== 'linux' && !isTaken(pid)) return undefined;
  switch (process.platform) {
    case 'linux':
      return linuxStart(pid);
    case 'win32':
      return windowsStart(pid);
    default:
      return psStart(pid);
  }
}

export async function isProcess(pid: number, started: string): Promise<boolean> {
  return (await processStart(pid)) === started;
}

/** proc_pid_stat(5): field 3 is the state, field 22 the start in clock ticks since boot. */
function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, ticks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || ticks === undefined) return undefined;
    return `${linuxBoot()}:${ticks}`;
  } catch {
    return undefined;
  }
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

let boot: string | undefined;

function linuxBoot(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return boot;
}

async function psStart(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    });
    const [, state, started] = /^(\S+)\s+(.+)$/.exec(stdout.trim()) ?? [];
    return state === undefined || state.startsWith('Z') ? undefined : started;
  } catch {
    return undefined;
  }
}

async function windowsStart(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run(
      'powershell.exe',
      ['-NoProfile', '-NonInteractive', '-Command', `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`],
      { windowsHide: true },
    );
    return stdout.trim() === '' ? undefined : stdout.trim();
  } catch {
    return undefined;
  }
}
