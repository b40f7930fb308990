import { Worker } from 'node:worker_threads';
import { PAGE_BYTES } from '../../../wasm/read/pages.ts';
import { codeUrl } from '../../kit/codeUrl.ts';
import type { FuelProfile, ProfileJob } from '../../wire/fuelProfile.ts';
import { setEngineFlags } from '../boundary/engineFlags.ts';
import type { ProfileWorkerData } from '../boundary/workerMessages.ts';
import { STACK_MIB, workerPermissions } from '../pool/poolWorker.ts';
import { initContext } from './initContext.ts';

/**
 * Counters and the sizes they are kept with; a run worker, which keeps none, has less. The process
 * is bounded as a whole (boundSelf.ts).
 */
const HEAP_MIB = 1_024;

/** Does a run again, with counters, and nothing else of a cell around it. */
export function profileRun({ record, module_b64, input_b64 }: ProfileJob): Promise<FuelProfile> {
  setEngineFlags();
  const input = Buffer.from(input_b64, 'base64');
  const workerData: ProfileWorkerData = {
    module: Buffer.from(module_b64, 'base64'),
    memoryMaxPages: Math.floor(record.linear_memory_bytes / PAGE_BYTES),
    memBytes: record.mem_bytes,
    request: {
      kind: 'run',
      moduleId: 1,
      compiled: null,
      forget: 0,
      context: initContext(record, record),
      input,
      fuel: record.fuel,
      seed: record.seed,
      startUnixNanos: record.start_unix_nanos,
      leaseOffset: 0,
      leaseBytes: record.mem_bytes === 0 ? -1 : record.mem_bytes,
    },
  };
  const url = codeUrl(import.meta.url, '../worker/profileWorker.ts');
  const worker = new Worker(url, {
    name: 'grafos-profile',
    workerData,
    env: {},
    argv: [],
    execArgv: workerPermissions(url),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, stackSizeMb: STACK_MIB },
  });
  return new Promise((resolve, reject) => {
    worker.on('message', resolve).on('error', reject);
    worker.on('exit', (code) => reject(new Error(`the profile ended with code ${code}`)));
  });
}
