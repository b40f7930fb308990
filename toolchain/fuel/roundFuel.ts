import { LIMITS } from '../../daemons/protocol/limits.ts';

/** Part of the fuel that is added, so that an input a little larger does not fail. */
const MARGIN = 1.5;

/** A budget for runs that used so much at most: half as much again, rounded up to two digits. */
export function roundFuel(used: number): number {
  const wanted = Math.max(1000, used * MARGIN);
  const unit = 10 ** (Math.floor(Math.log10(wanted)) - 1);
  return Math.min(LIMITS.fuelMax, Math.ceil(wanted / unit) * unit);
}
