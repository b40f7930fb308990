/**
 * The bounds on a check or a compile in a thread of its own (docs/reference/limits.md, "Of a
 * program").
 */
export const CHECK_LIMITS = {
  /** JavaScript heap of the thread in MiB. */
  heapMib: 1024,
  /**
   * MiB that the thread may hold in all: its heap does not have the WebAssembly memory of a
   * compiler.
   */
  threadMib: 2048,
  /** Milliseconds for one tasklet. */
  timeMs: 60_000,
  /** Milliseconds for finding lines of a source in what was built or kept. */
  lookUpMs: 10_000,
} as const;
