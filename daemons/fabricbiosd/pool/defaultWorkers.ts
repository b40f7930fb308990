import { availableParallelism } from 'node:os';

/** The number of workers of a cell that has no flag for it: its processors, 2 to 4. */
export function defaultWorkers(): number {
  return Math.min(4, Math.max(2, availableParallelism()));
}
