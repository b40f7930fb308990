import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export function median(values: number[]): number {
  return percentile(values, 0.5);
}

/** Nearest rank. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Milliseconds of each of `times` calls, one after another. */
export async function times(count: number, call: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const begun = performance.now();
    await call();
    taken.push(performance.now() - begun);
  }
  return taken;
}

export interface Load {
  clients: number;
  p50_ms: number;
  p99_ms: number;
  per_second: number;
}

/** Keeps `clients` callers busy for `seconds`, each with one call in flight. */
export async function load(callers: Array<() => Promise<unknown>>, seconds: number): Promise<Load> {
  const taken: number[] = [];
  const until = performance.now() + seconds * 1000;
  await Promise.all(
    callers.map(async (call) => {
      while (performance.now() < until) taken.push(...(await times(1, call)));
    }),
  );
  return {
    clients: callers.length,
    p50_ms: median(taken),
    p99_ms: percentile(taken, 0.99),
    per_second: taken.length / seconds,
  };
}

/**
 * Proportional set size, MiB, of the given processes and all below them; NaN where the system does
 * not have it (not Linux).
 */
export function proportionalSetSize(...roots: number[]): number {
  if (process.platform !== 'linux') return Number.NaN;
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // Gone while we looked.
    }
  }
  const under = (pid: number): boolean => roots.includes(pid) || (parents.has(pid) && under(parents.get(pid) ?? 0));
  let kib = 0;
  for (const pid of parents.keys()) {
    if (!under(pid)) continue;
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
    } catch {
      // Gone, or a zombie, which holds no memory.
    }
  }
  return kib / 1024;
}

/**
 * Resident set size of one process, MiB, shared pages included; NaN where the system does not have
 * it (not Linux).
 */
export function residentSetSize(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? Number.NaN) / 1024;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * Resolves once something listens on the port. A foreign server has no other way to say that it is
 * ready.
 */
export async function listening(port: number, deadlineMs = 60_000): Promise<void> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    if (performance.now() > until) throw new Error(`nothing listens on port ${port}`);
    await delay(5);
  }
}
