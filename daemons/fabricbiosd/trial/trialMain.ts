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
import { FrameReader, type TrialRequest } from '../boundary/trialMessages.ts';
import type { TrialThreadData } from './trialThread.ts';

/** V8 takes up to 2 GiB a second, so that a look as often finds at most 40 MiB above the bound. */
const LOOK_MS = 20;

/** The metered module that comes back from a check is the longest. */
const FRAME_MAX = 4 * MODULE_LIMITS.module;

const [memoryMax = 0, cpuMaxMs = 0] = process.argv.slice(2, 4).map(Number);
const thread = new URL(process.argv[4] ?? '');

setInterval(() => {
  const { user, system } = process.cpuUsage();
  if (process.memoryUsage.rss() > memoryMax || (user + system) / 1000 > cpuMaxMs) end();
}, LOOK_MS);

/** `process.exit` would wait for a thread inside V8's compiler. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

let request: TrialRequest | null = null;
const frames = new FrameReader(FRAME_MAX, (bytes) => {
  if (request === null) request = JSON.parse(Buffer.from(bytes).toString());
  else begin(request, bytes);
});
process.stdin.on('data', (chunk) => frames.take(chunk));
process.stdin.on('end', end).on('error', end);
process.stdout.on('error', end);

function begin(request: TrialRequest, module: Uint8Array): void {
  const workerData: TrialThreadData = { request, module };
  const worker = new Worker(thread, { workerData, env: {}, argv: [], resourceLimits: { maxOldGenerationSizeMb: 512 } });
  worker.on('message', (frames: Uint8Array[] | null) => {
    if (frames === null) process.stdout.write('', () => end());
    else for (const part of frames) process.stdout.write(part);
  });
  worker.on('error', end);
}
