/** What a cell goes by when it shares its workers out, and the scheduler before it (docs/limits.md, "Neighbours"). */
import { availableParallelism } from 'node:os';

/** A module whose runs take no longer is one of quick runs, milliseconds. */
export const QUICK_MS = 10;

/** A run that takes longer makes room for others, milliseconds. */
export const LONG_MS = 50;

/** Workers of a cell that is not told how many to have. */
export function defaultWorkers(): number {
  return Math.min(4, Math.max(2, availableParallelism()));
}
