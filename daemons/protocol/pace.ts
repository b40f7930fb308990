/** The slowest that a peer may be. What is slower is taken for one that holds the connection open for its own sake. */
export const PACE = {
  bytesPerSecond: 16 * 1024,
  /** Time in which nothing need come, milliseconds. */
  graceMs: 10_000,
  /** For an answer to begin, beside the time its request takes and the time it was asked to wait, milliseconds. */
  answerMs: 30_000,
} as const;
