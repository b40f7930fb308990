import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Counts } from './counts.ts';

/**
 * Runs the suites of `secondLane.ts` in a process of their own, beside other tests. Their output is
 * printed in one piece once they are awaited. A process that dies counts as one failure.
 *
 * @param args of mocha
 * @returns a function that waits for the end of the suites
 */
export function startSecondLane(args: string[]): () => Promise<Counts[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'secondLane.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => output.push(piece));
  let counts: Counts[] = [{ passed: 0, failed: 1, failures: ['the second lane died'], skipped: [] }];
  child.on('message', (sent) => {
    counts = sent as Counts[];
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  const closed = once(child, 'close');
  return async () => {
    await closed;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward);
    process.stdout.write(Buffer.concat(output));
    return counts;
  };
}
