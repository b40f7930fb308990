import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Pids of living processes whose command line names `text` (Linux; none elsewhere). */
export function processesNaming(text: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const dead = / [ZX] /.test(readFileSync(`/proc/${name}/stat`, 'latin1').replace(/\(.*\)/s, ''));
      return !dead && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Waits until no process names `text`; fails when one still does after the deadline. */
export async function noProcessNames(text: string, deadlineMs = 5_000): Promise<void> {
  for (const until = performance.now() + deadlineMs; ; await delay(10)) {
    const left = processesNaming(text);
    if (left.length === 0) return;
    if (performance.now() > until) {
      throw new Error(
        `still running: ${left.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')).join('\n')}`,
      );
    }
  }
}

/** Pids of living children of `parent` whose command line names `text` (Linux; none elsewhere). */
export function childrenOf(parent: number, text: string): number[] {
  return processesNaming(text).filter((pid) => {
    try {
      const [, ppid] = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, '').trim().split(' ');
      return Number(ppid) === parent;
    } catch {
      return false;
    }
  });
}
