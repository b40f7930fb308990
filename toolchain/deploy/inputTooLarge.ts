import { GrafosError } from '../../base/grafosError.ts';
import { LIMITS } from '../../base/limits.ts';
import { formatSize } from '../../program/size.ts';

/**
 * The error `input_too_large`.
 *
 * @param bytes the least that the input has
 */
export function inputTooLarge(what: string, bytes: number): GrafosError {
  return new GrafosError(
    'input_too_large',
    `${what} is at least ${formatSize(bytes)}; a run takes at most ${formatSize(LIMITS.input)} of input.`,
    {
      why: 'A run holds its whole input, and an output that may be as large, in memory.',
      next: 'Give a smaller input, or split it over several runs.',
    },
  );
}
