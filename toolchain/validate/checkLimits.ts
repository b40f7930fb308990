/** The bounds on a check or a compile in a thread of its own (docs/limits.md, "Of a program"). */
export const CHECK_LIMITS = {
  /** JavaScript heap of the thread in MiB. */
  heapMib: 1024,
  /** MiB by which the whole process may grow: no heap has the WebAssembly memory of a compiler. */
  growthMib: 2048,
  /** Milliseconds for one tasklet. */
  timeMs: 60_000,
} as const;
