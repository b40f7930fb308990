/** Bounds that both ends of a wire check. Bytes unless the name says otherwise. */
export const LIMITS = {
  /** A run's input; the same as its output, so that an output can be the next input. */
  input: 16 * 1024 * 1024,
  output: 16 * 1024 * 1024,
  log: 64 * 1024,
  failLabel: 64,
  module: 32 * 1024 * 1024,
  /** Longest life of a tenant token and of a capability token, in seconds. */
  tokenSeconds: 300,
  /** Longest hold of a run's lease after its end, in milliseconds. */
  holdMs: 3_600_000,
  /**
   * Instructions: the most that the meter's balance holds (wasm/meter/balance.ts). Far fewer run in
   * the longest timeout.
   */
  fuelMax: 2 ** 47 - 1,
  timeoutMsMax: 15 * 60_000,
  /** Arrays and objects inside each other; an output that nests deeper counts as no JSON. */
  jsonDepth: 512,
} as const;
