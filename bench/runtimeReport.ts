import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../base/packageRoot.ts';
import { benchLinearMemory } from './linearMemory.ts';
import type { Report } from './report.ts';
import { benchRuntime } from './runtime.ts';

/** The tasklet runtime alone: no network, no store. */
export async function runtimeReport(report: Report, rounds: number): Promise<void> {
  const worker = pathToFileURL(join(packageRoot, 'dist', 'daemons', 'runWorker.js'));
  const { p50_ms, p99_ms, runs_per_second_1, runs_per_second_32, first_run_ms } = await benchRuntime(worker, rounds);
  report.table([
    ['hello, round trip to a worker, p50', `${p50_ms.toFixed(2)} ms`],
    ['hello, round trip to a worker, p99', `${p99_ms.toFixed(2)} ms`],
    ['hello, 1 client', `${Math.round(runs_per_second_1)}/s`],
    ['hello, 32 clients', `${Math.round(runs_per_second_32)}/s`],
    ['first run of a module', `${first_run_ms.toFixed(2)} ms`],
  ]);
  report.print('\nA clean memory for a run, every 4 KiB of it written; p50 and p99 in ms');
  const ms = ([p50, p99]: [number, number]) => `${p50.toFixed(3)}  ${p99.toFixed(3)}`;
  report.table([
    ['', 'a new one', 'lent and wiped'],
    ...(await benchLinearMemory()).map(({ pages, own, lent }) => [`${pages * 64} KiB`, ms(own), ms(lent)]),
  ]);
}
