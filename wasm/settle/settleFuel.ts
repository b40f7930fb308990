import { fuelLeft } from '../meter/balance.ts';
import type { MeteredModule } from '../meter/meteredModule.ts';
import { trapPoint } from './trapPoint.ts';

export interface Settlement {
  /** Instructions executed; the budget when it was exhausted. */
  fuelUsed: number;
  /**
   * The run needed more than its budget.
   *
   * It ends as `fuel_exhausted`, whatever else was thrown or returned.
   */
  exhausted: boolean;
  /**
   * The run called too deep.
   *
   * It ends as `trap_call_stack_exhausted`. Never together with `exhausted`.
   */
  tooDeep: boolean;
}

/**
 * Settles the fuel after each call into a metered instance (docs/internals/meter.md).
 *
 * A call that returned is settled, too, because the last region of a run may overdraw the balance
 * without meeting a check.
 *
 * @param budget fuel that the run was given
 * @param balance value of the fuel global now
 * @param trapStack `stack` of the error that ended the call, null when it returned
 */
export function settleFuel(
  metered: MeteredModule,
  budget: number,
  balance: bigint,
  trapStack: string | null,
): Settlement {
  const point = trapStack === null ? null : trapPoint(metered, trapStack);
  const left = fuelLeft(balance) + (point?.refund ?? 0);
  return left < 0
    ? { fuelUsed: budget, exhausted: true, tooDeep: false }
    : { fuelUsed: budget - left, exhausted: false, tooDeep: point?.own ?? false };
}
