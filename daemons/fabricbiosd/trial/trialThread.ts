/**
 * Thread of a trial process that compiles the module, so that the process's main thread stays free
 * to end it.
 */
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { keepBodies } from '../../../wasm/meter/keepBodies.ts';
import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { setEngineFlags } from '../boundary/engineFlags.ts';
import { frame, jsonFrame, type TrialRequest } from '../boundary/trialMessages.ts';
import { meterModule } from '../worker/compileModule.ts';

export interface TrialThreadData {
  request: TrialRequest;
  module: Uint8Array;
}

const port = parentPort;
if (port === null) throw new Error('trialThread runs in a worker thread only');
const { request, module } = workerData as TrialThreadData;
setEngineFlags();
setFlagsFromString('--no-wasm-lazy-compilation');
if (request.kind === 'check') check(request.memoryMaxPages);
else optimize(request.functions);
port.postMessage(null);

function say(...frames: Buffer[][]): void {
  port?.postMessage(frames.flat());
}

function check(memoryMaxPages: number): void {
  const result = meterModule(module, memoryMaxPages, 'trial');
  if (!('metered' in result)) {
    if ('costly' in result) throw new Error('a trial takes modules of any cost');
    say(jsonFrame({ refused: result.refused }));
    return;
  }
  const { bytes, ...about } = result.metered;
  setFlagsFromString('--liftoff-only');
  new WebAssembly.Module(bytes);
  const functions = costlyBodies(result.metered);
  const few = functions.length === 0 ? new Uint8Array() : keepBodies(bytes, new Set(functions));
  say(jsonFrame({ metered: about, functions }), frame(bytes), frame(few));
}

/**
 * Functions whose code costs much once it is metered. A function that became two has it in its
 * inner one.
 */
function costlyBodies({ touched, inner, interruptFunction }: MeteredModule): number[] {
  return touched.map((index) => {
    const place = inner.indexOf(index);
    return place === -1 ? index : interruptFunction + 1 + place;
  });
}

function optimize(functions: number[]): void {
  setFlagsFromString('--no-liftoff');
  for (const index of functions) {
    new WebAssembly.Module(keepBodies(module, new Set([index])));
    say(jsonFrame({ optimized: index }));
  }
}
