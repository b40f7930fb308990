/** Entry point of a run worker: compiles modules and runs tasklets, one at a time, as main asks. */
import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { RUN_FRAMES_MAX } from '../../wire/runError.ts';
import { sharedControl } from '../boundary/sharedControl.ts';
import { TRANSFER_FROM } from '../boundary/transfer.ts';
import type {
  CompileAnswer,
  CompiledModule,
  CompileRequest,
  FromWorker,
  RunRequest,
  RunResult,
  ToWorker,
  WorkerData,
} from '../boundary/workerMessages.ts';
import { compileMetered, meterModule } from './compileModule.ts';
import { Garbage } from './garbage.ts';
import { HostFunctions } from './hostFunctions.ts';
import { LinearMemories } from './linearMemories.ts';
import { RunLog } from './runLog.ts';
import { runTasklet } from './runTasklet.ts';
import { sealRealm } from './sealRealm.ts';

/** Lines of a stack: a function may be two in the metered module, and host functions add some. */
const STACK_LINES = 2 * RUN_FRAMES_MAX + 16;

const port = parentPort;
if (port === null) throw new Error('runWorker runs in a worker thread only');

const say = (message: FromWorker, transfer?: Transferable[]) => port.postMessage(message, transfer);

const { memPool, control: controlBuffer } = workerData as WorkerData;
const control = sharedControl(controlBuffer);
const host = new HostFunctions(memPool, control, new RunLog(control, () => say({ kind: 'log' })));
const garbage = new Garbage();
const memories = new LinearMemories();
const modules = new Map<number, CompiledModule>();

/** Taken before the realm is sealed. */
const { threadCpuUsage } = process as Partial<Pick<NodeJS.Process, 'threadCpuUsage'>>;

port.on('message', (message: ToWorker) => {
  if (message.kind === 'compile') {
    say({ kind: 'compiled', result: compile(message) });
    return;
  }
  const before = threadCpuUsage?.();
  const { result, left } = run(message);
  const used = threadCpuUsage?.(before);
  const cpuUs = used === undefined ? result.durationUs : used.user + used.system;
  const tidying = left > 0 && garbage.add(left);
  const { output } = result;
  say(
    { kind: 'ended', result, cpuUs, tidying },
    output.length > TRANSFER_FROM ? [output.buffer as ArrayBuffer] : undefined,
  );
  if (tidying) {
    garbage.sweep();
    say({ kind: 'tidy' });
  }
});

// A run's error lists the calls under way. A stack is captured only where something is thrown.
Error.stackTraceLimit = STACK_LINES;
const guarded = process.permission?.has('fs.read') === false;
sealRealm();
say({ kind: 'ready', collects: garbage.collects, guarded });

function compile({ bytes, memoryMaxPages, metered }: CompileRequest): CompileAnswer {
  if (metered !== null) return withMemory(() => compileMetered(metered));
  const result = meterModule(bytes, memoryMaxPages, 'run');
  return 'metered' in result ? compileMetered(result.metered) : result;
}

/** `left`: bytes of linear memory that wait for the collector now. */
function run(request: RunRequest): { result: RunResult; left: number } {
  if (request.forget !== 0) modules.delete(request.forget);
  if (request.compiled !== null) modules.set(request.moduleId, request.compiled);
  const compiled = modules.get(request.moduleId);
  if (compiled === undefined) throw new Error(`module ${request.moduleId} was never sent to this worker`);
  const limits = compiled.metered.memory;
  // The profile wants one of the module's own.
  if (limits === null) throw new Error(`module ${request.moduleId} has no memory`);
  const memory = withMemory(() => memories.lend(limits));
  try {
    return { result: runTasklet(host, compiled, request, memory), left: memories.takeBack(memory, limits) };
  } finally {
    host.release();
  }
}

/** V8 may have no room for one more memory only because ended ones wait for the collector. */
function withMemory<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    garbage.sweep();
    return make();
  }
}
