/** The limits of a run, and the recorded facts that its result follows from. */
export interface RunSpec {
  /** Fabric memory that the run leases, bytes; 0 = no lease. */
  mem_bytes: number;
  /** Instructions that the run may execute. */
  fuel: number;
  /** Bound of the module's own memory, bytes. */
  linear_memory_bytes: number;
  /** Wall clock of the run once it has begun, milliseconds. */
  timeout_ms: number;
  /** Time that the run's lease outlives the run, milliseconds. */
  hold_ms: number;
  /** Recorded seed of `random_fill`: 32 bytes, lower-case hex. */
  seed: string;
  /**
   * Recorded start of the run's clock: unix nanoseconds as a decimal string, because it does not
   * fit a double.
   */
  start_unix_nanos: string;
}

/** A spec as a client asks for it. The scheduler fills in the rest. */
export type AskedSpec = Omit<RunSpec, 'hold_ms' | 'seed' | 'start_unix_nanos'> &
  Partial<Pick<RunSpec, 'hold_ms' | 'seed' | 'start_unix_nanos'>>;

/** The spec of a run without its other fields. Stored hashes of requests depend on the order. */
export function specOf<Spec extends AskedSpec>(run: Spec): Pick<Spec, keyof RunSpec & keyof Spec> {
  const { mem_bytes, fuel, linear_memory_bytes, timeout_ms, hold_ms, seed, start_unix_nanos } = run;
  const spec = { mem_bytes, fuel, linear_memory_bytes, timeout_ms, hold_ms, seed, start_unix_nanos };
  return spec as Pick<Spec, keyof RunSpec & keyof Spec>;
}
