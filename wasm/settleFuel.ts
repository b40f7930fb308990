import type { MeteredModule } from './meter.ts';
import { refund } from './trapPoint.ts';

export interface Settlement {
  /** Instructions executed; the budget when it was exhausted. */
  fuelUsed: number;
  /** The run needed more than its budget: it ends as `fuel_exhausted`, whatever else was thrown or returned. */
  exhausted: boolean;
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
  const left = Number(balance) + (trapStack === null ? 0 : refund(metered, trapStack));
  return left < 0 ? { fuelUsed: budget, exhausted: true } : { fuelUsed: budget - left, exhausted: false };
}
