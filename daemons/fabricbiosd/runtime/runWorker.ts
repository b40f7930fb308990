/** Entry point of a run worker: compiles modules and runs tasklets, one at a time, as main asks. */
import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { compileModule } from './compileModule.ts';
import { Garbage } from './garbage.ts';
import { HostFunctions } from './hostFunctions.ts';
import { RunLog } from './runLog.ts';
import { runTasklet } from './runTasklet.ts';
import { sealRealm } from './sealRealm.ts';
import { sharedControl } from './sharedControl.ts';
import { TRANSFER_FROM } from './transfer.ts';
import type { CompiledModule, FromWorker, RunRequest, RunResult, ToWorker, WorkerData } from './workerMessages.ts';

const port = parentPort;
if (port === null) throw new Error('runWorker runs in a worker thread only');

const say = (message: FromWorker, transfer?: Transferable[]) => port.postMessage(message, transfer);

const { memPool, control: controlBuffer } = workerData as WorkerData;
const control = sharedControl(controlBuffer);
const host = new HostFunctions(memPool, control, new RunLog(control, () => say({ kind: 'log' })));
const garbage = new Garbage();
const modules = new Map<number, CompiledModule>();

port.on('message', (message: ToWorker) => {
  if (message.kind === 'compile') {
    say({ kind: 'compiled', result: compileModule(message.bytes, message.memoryMaxPages) });
    return;
  }
  const result = run(message);
  const tidying = garbage.add(result.linearMemoryPeak);
  const { output } = result;
  say({ kind: 'ended', result, tidying }, output.length > TRANSFER_FROM ? [output.buffer as ArrayBuffer] : undefined);
  if (tidying) {
    garbage.sweep();
    say({ kind: 'tidy' });
  }
});

const guarded = process.permission?.has('fs.read') === false;
sealRealm();
say({ kind: 'ready', collects: garbage.collects, guarded });

function run(request: RunRequest): RunResult {
  if (request.forget !== 0) modules.delete(request.forget);
  if (request.compiled !== null) modules.set(request.moduleId, request.compiled);
  const compiled = modules.get(request.moduleId);
  if (compiled === undefined) throw new Error(`module ${request.moduleId} was never sent to this worker`);
  try {
    return withRetry(compiled, request);
  } finally {
    host.release();
  }
}

/** V8 may have no room for one more memory only because ended ones wait for the collector. */
function withRetry(compiled: CompiledModule, request: RunRequest): RunResult {
  try {
    return runTasklet(host, compiled, request);
  } catch (error) {
    if (!(error instanceof RangeError) || !/out of memory/i.test(error.message)) throw error;
    garbage.sweep();
    host.release();
    return runTasklet(host, compiled, request);
  }
}
