import type { RunError } from '../../wire/runError.ts';
import type { RunSpec } from '../../wire/runSpec.ts';

/** One run, with all that its result follows from. */
export interface RunJob extends Omit<RunSpec, 'mem_bytes' | 'hold_ms'> {
  run_id: string;
  /** Tenants take turns where their new modules are compiled. */
  tenant: string;
  /** Lower-case hex SHA-256 of a module given to `putModule`. */
  module_sha256: string;
  /** The init context as UTF-8 JSON (docs/reference/tasklet-abi.md). */
  context: Uint8Array;
  /**
   * The input. A large one that owns its ArrayBuffer is moved to the worker, and is empty for the
   * caller afterwards.
   */
  input: Uint8Array;
  /** The run's window of the memory pool, bytes; null = no lease. */
  lease: { offset: number; bytes: number } | null;
}

export interface RunJobOutcome {
  state: 'succeeded' | 'failed' | 'cancelled';
  error: RunError | null;
  /**
   * The bytes that the tasklet had written at its end of any kind; empty when its worker was ended
   * from outside.
   */
  output: Uint8Array;
  log: string;
  /**
   * Exact, also after a trap; 0 when the worker was ended from outside, because the count goes with
   * it.
   */
  fuel_used: number;
  /** Bytes; 0 when the run did not start or its worker was ended from outside. */
  linear_memory_peak: number;
  /** Wall clock of init, run and finalize, microseconds. */
  duration_us: number;
  /** The next run of the module is expected to be short. */
  short: boolean;
}

export interface RunListener {
  /** The run left the queue and starts in a worker. */
  running(): void;
  /**
   * Gets whole lines of the run log, batched, while the run goes on. Joined, they are the beginning
   * of the outcome's `log`.
   */
  log(text: string): void;
}

/** Why a run's fabric memory is taken from it while it runs; each is a published host status. */
export type LeaseEnd = 'expired' | 'fenced' | 'revoked';
