/**
 * Entry point of the worker that profiles one run. It is sealed like a run worker, runs the module
 * with counters, and reports the counts.
 */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { countInstructions } from '../../../wasm/count/countInstructions.ts';
import type { FuelProfile } from '../../wire/fuelProfile.ts';
import { newControlBuffer, sharedControl } from '../boundary/sharedControl.ts';
import type { ProfileWorkerData } from '../boundary/workerMessages.ts';
import { meterModule } from './compileModule.ts';
import { CountingProfiler } from './countingProfiler.ts';
import { HostFunctions } from './hostFunctions.ts';
import { RunLog } from './runLog.ts';
import { runTasklet } from './runTasklet.ts';
import { sealRealm } from './sealRealm.ts';

const port = parentPort;
if (port === null) throw new Error('profileWorker runs in a worker thread only');
const { module, memoryMaxPages, memBytes, request } = workerData as ProfileWorkerData;
const control = sharedControl(newControlBuffer());
const host = new HostFunctions(new SharedArrayBuffer(memBytes), control, new RunLog(control, () => {}));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
sealRealm();
port.postMessage(profile());

function profile(): FuelProfile {
  const result = meterModule(module, memoryMaxPages, 'profile');
  if (!('metered' in result)) {
    if ('costly' in result) throw new Error('a profile takes modules of any cost');
    const nothing = { fuel_used: 0, output_sha256: sha256(new Uint8Array()), places: [], calls: [] };
    return { state: 'failed', error: result.refused, ...nothing };
  }
  const { metered } = result;
  const counting = countInstructions(metered);
  const profiler = new CountingProfiler(counting);
  const compiled = { module: new WebAssembly.Module(counting.bytes), metered };
  const limits = metered.memory ?? { min: 0, max: 0 };
  const memory = new WebAssembly.Memory({ initial: limits.min, maximum: limits.max });
  const { error, fuelUsed, output } = runTasklet(host, compiled, request, memory, profiler);
  const frames = profiler.exhaustedFrames();
  return {
    state: error === null ? 'succeeded' : 'failed',
    error: error?.code === 'fuel_exhausted' && frames !== null ? { ...error, frames } : error,
    fuel_used: fuelUsed,
    output_sha256: sha256(output),
    ...profiler.profile(),
  };
}
