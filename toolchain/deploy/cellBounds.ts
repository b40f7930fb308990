import { GrafosError } from '../../base/grafosError.ts';

/** Time that a cell may take to answer, milliseconds. */
export const CELL_ANSWER_MS = 5_000;
/** Time that the others get once one cell has answered, milliseconds. */
export const LATE_MS = 1_000;

/** The error of one of several cells that did not answer in time. */
export function cellSilent(): GrafosError {
  return new GrafosError('scheduler_unreachable', `no answer in ${CELL_ANSWER_MS / 1000} s`, {
    next: 'Look at the cells: grafos provider status',
  });
}
