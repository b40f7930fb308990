/**
 * Messages between main and a run worker (structured clone). A worker does one thing at a time and
 * answers it once.
 */
import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import type { RunError } from '../../wire/runError.ts';

export interface WorkerData {
  memPool: SharedArrayBuffer;
  /** See sharedControl.ts. */
  control: SharedArrayBuffer;
}

/** A module ready to be instantiated, the same for every worker. */
export interface CompiledModule {
  module: WebAssembly.Module;
  /**
   * The metered module. Its `bytes` are in shared memory: a worker needs them when a run traps, to
   * settle the exact fuel.
   */
  metered: MeteredModule;
}

export type CompileResult = { compiled: CompiledModule } | { refused: RunError };

/** `costly`: the module is to be tried in a process of its own first (../trial). */
export type CompileAnswer = CompileResult | { costly: true };

export interface CompileRequest {
  kind: 'compile';
  bytes: Uint8Array;
  memoryMaxPages: number;
  /** The earlier result for these bytes, made by the same code. */
  metered: MeteredModule | null;
}

export interface RunRequest {
  kind: 'run';
  /** Name of the module in this worker. */
  moduleId: number;
  /** Given the first time the worker meets the module. */
  compiled: CompiledModule | null;
  /** A module the worker forgets; 0 for none. */
  forget: number;
  context: Uint8Array;
  input: Uint8Array;
  fuel: number;
  seed: string;
  startUnixNanos: string;
  /** Window of the pool; `leaseBytes` -1 = no lease. */
  leaseOffset: number;
  leaseBytes: number;
}

export type ToWorker = CompileRequest | RunRequest;

export interface RunResult {
  error: RunError | null;
  output: Uint8Array;
  fuelUsed: number;
  linearMemoryPeak: number;
  durationUs: number;
}

export type FromWorker =
  /**
   * `collects`: the worker can collect its garbage on request, so that it may live long. `guarded`:
   * Node's permission model holds in it.
   */
  | { kind: 'ready'; collects: boolean; guarded: boolean }
  | { kind: 'log' }
  | { kind: 'compiled'; result: CompileAnswer }
  /**
   * `cpuUs`: processor time of the run, microseconds; its wall clock where Node has no such count
   * (before version 23.9).
   *
   * `tidying`: the worker collects garbage now and says `tidy` when it can take the next run.
   */
  | { kind: 'ended'; result: RunResult; cpuUs: number; tidying: boolean }
  | { kind: 'tidy' };

/** The data of the worker that profiles one run. */
export interface ProfileWorkerData {
  module: Uint8Array;
  /** Pages of 64 KiB. */
  memoryMaxPages: number;
  /** Bytes of fabric memory. */
  memBytes: number;
  request: RunRequest;
}
