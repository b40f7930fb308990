import { fuelLeft } from './balance.ts';
import type { MeteredModule } from './meter.ts';
import { trapPoint } from './trapPoint.ts';

export interface Settlement {
  /** Instructions executed; the budget when it was exhausted. */
  fuelUsed: number;
  /** The run needed more than its budget: it ends as `fuel_exhausted`, whatever else was thrown or returned. */
  exhausted: boolean;
  /** The run called too deep: it ends as `trap_call_stack_exhausted`. Not together with `exhausted`. */
  tooDeep: boolean;
}

/**
 * Says what was used, after each call into a metered instance (docs/meter.md): also after one that returned, because the last region
 * of a run may overdraw the balance without meeting a check.
 * @param budget fuel the run was given
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
