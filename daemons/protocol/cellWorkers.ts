/**
 * The rules by which a cell shares out its workers, and by which the scheduler queues runs
 * (docs/limits.md, "Neighbours").
 */
import { availableParallelism } from 'node:os';

/** A module whose runs take no longer is one of quick runs, milliseconds. */
export const QUICK_MS = 10;

/** A run that takes longer makes room for others, milliseconds. */
export const LONG_MS = 50;

/** The number of workers of a cell that has no flag for it. */
export function defaultWorkers(): number {
  return Math.min(4, Math.max(2, availableParallelism()));
}
