import { LIMITS } from '../../base/limits.ts';

const MIB = 1024 * 1024;

/** Bounds of a process that repeats a run with counters. Its module may be a stranger's. */
export const PROFILE_LIMITS = {
  /**
   * Bytes of memory of the process: those of the check of a costly module (trialProcess.ts), and as
   * much for the memory of the run and its counters.
   */
  processMemory: 2048 * MIB,
  /** Bytes of fabric memory that the record may name: the quota of a tenant that has no other. */
  fabricMemory: 1024 * MIB,
  /** Milliseconds for the start and the compile. */
  baseMs: 60_000,
  /** Milliseconds for each millisecond of the run's timeout: counting is slow. */
  timeFactor: 10,
  /** Milliseconds in all, whatever the timeout: as long as the longest run. */
  timeMs: LIMITS.timeoutMsMax,
  /** Bytes of the counters, as JSON. */
  answer: 64 * MIB,
  /** Bytes of the words in which the process says why it failed. */
  words: 64 * 1024,
} as const;

export type ProfileLimits = Readonly<Record<keyof typeof PROFILE_LIMITS, number>>;
