/**
 * Entry point of a trial process.
 *
 * It compiles one module that could cost V8 more memory or time than a cell may lose
 * (docs/adr/0028-compilers-are-bounded.md). It ends itself past its bounds, and when its cell is
 * gone.
 *
 * Arguments: most bytes of memory, most milliseconds of processor time, URL of the thread's code.
 */
import { Worker } from 'node:worker_threads';
import { MODULE_LIMITS } from '../../../wasm/read/moduleLimits.ts';
import { boundSelf, endSelf } from '../boundary/boundSelf.ts';
import { FrameReader, type TrialRequest } from '../boundary/trialMessages.ts';
import type { TrialThreadData } from './trialThread.ts';

/** The metered module that comes back from a check is the longest. */
const FRAME_MAX = 4 * MODULE_LIMITS.module;

const [memory = 0, cpuMs = 0] = process.argv.slice(2, 4).map(Number);
const thread = new URL(process.argv[4] ?? '');

boundSelf({ memory, cpuMs });

let request: TrialRequest | null = null;
const frames = new FrameReader(FRAME_MAX, (bytes) => {
  if (request === null) request = JSON.parse(Buffer.from(bytes).toString());
  else begin(request, bytes);
});
process.stdin.on('data', (chunk) => frames.take(chunk));
process.stdin.on('end', endSelf).on('error', endSelf);
process.stdout.on('error', endSelf);

function begin(request: TrialRequest, module: Uint8Array): void {
  const workerData: TrialThreadData = { request, module };
  const worker = new Worker(thread, { workerData, env: {}, argv: [], resourceLimits: { maxOldGenerationSizeMb: 512 } });
  worker.on('message', (frames: Uint8Array[] | null) => {
    if (frames === null) process.stdout.write('', () => endSelf());
    else for (const part of frames) process.stdout.write(part);
  });
  worker.on('error', endSelf);
}
