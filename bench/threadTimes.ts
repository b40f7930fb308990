import { readdirSync, readFileSync } from 'node:fs';

/** Seconds that threads of one name ran, and waited for a processor. */
export interface ThreadTime {
  runs: number;
  waits: number;
}

/**
 * Times of a process's threads by name, without numbers. Linux only, from schedstat (proc(5));
 * empty elsewhere. Ended threads are left out.
 */
export function threadTimes(pid: number): Map<string, ThreadTime> {
  const times = new Map<string, ThreadTime>();
  for (const folder of tasks(pid)) {
    try {
      const name = readFileSync(`${folder}/comm`, 'latin1').trim().replaceAll(/-?\d+/g, '');
      const [ran = 0, waited = 0] = readFileSync(`${folder}/schedstat`, 'latin1').split(' ').map(Number);
      const before = times.get(name) ?? { runs: 0, waits: 0 };
      times.set(name, { runs: before.runs + ran / 1e9, waits: before.waits + waited / 1e9 });
    } catch {
      // The thread has ended.
    }
  }
  return times;
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`);
  } catch {
    return [];
  }
}

/**
 * Rows of the work of threads between two looks, the longest first: process, thread, share of time
 * that it ran and waited.
 */
export function timeRows(
  process: string,
  before: ReadonlyMap<string, ThreadTime>,
  after: ReadonlyMap<string, ThreadTime>,
  seconds: number,
): string[][] {
  return [...after]
    .map(([name, { runs, waits }]) => {
      const since = before.get(name) ?? { runs: 0, waits: 0 };
      return { name, runs: Math.max(0, runs - since.runs), waits: Math.max(0, waits - since.waits) };
    })
    .filter(({ runs, waits }) => runs + waits > seconds / 100)
    .toSorted((one, other) => other.runs + other.waits - one.runs - one.waits)
    .map(({ name, runs, waits }) => [process, name, (runs / seconds).toFixed(2), (waits / seconds).toFixed(2)]);
}
