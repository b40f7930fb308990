import { LIMITS } from '../../base/limits.ts';

/** Factor from the used fuel to the budget, so that a slightly larger input does not fail. */
const MARGIN = 1.5;

/**
 * Gives a budget for runs that used `used` at most: half as much again, rounded up to two digits.
 */
export function roundFuel(used: number): number {
  const wanted = Math.max(1000, used * MARGIN);
  const unit = 10 ** (Math.floor(Math.log10(wanted)) - 1);
  return Math.min(LIMITS.fuelMax, Math.ceil(wanted / unit) * unit);
}
