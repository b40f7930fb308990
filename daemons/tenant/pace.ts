/**
 * The slowest pace of a peer. A slower one counts as a peer that only holds the connection open.
 */
export const PACE = {
  bytesPerSecond: 16 * 1024,
  /** Time in which nothing need come, milliseconds. */
  graceMs: 10_000,
  /**
   * Time for an answer to begin, milliseconds, on top of the time that its request takes and the
   * time it was asked to wait.
   */
  answerMs: 30_000,
} as const;
