import type { Run } from '../../daemons/wire/tenantApi.ts';
import { fuelText } from '../../program/fuelEdit.ts';
import { MANIFEST_NAME } from '../../program/loadProgram.ts';
import { manifestFuel } from './manifestFuel.ts';

/** A larger budget for a first try, as a multiple of the one that was not enough. */
const TRY_FACTOR = 100;

/**
 * Advice on a run that ended as `fuel_exhausted`: its budget, the place of that, and what to do
 * next.
 */
export interface FuelAdvice {
  used: number;
  budget: number;
  /** `grafos.toml:9`; null where the budget is not the one that the manifest has now. */
  at: string | null;
  next: string[];
}

/**
 * Explains a run that ended as `fuel_exhausted`; null for any other.
 *
 * @param root folder of the program that the run belongs to
 * @param isGiven the budget was given to this run and is not the manifest's
 */
export async function exhaustedAdvice(
  root: string,
  { tasklet, run_id, response }: Run,
  isGiven = false,
): Promise<FuelAdvice | null> {
  if (response?.error?.code !== 'fuel_exhausted') return null;
  // A run without fuel left used all of its budget.
  const budget = response.fuel_used;
  const manifest = isGiven ? null : await manifestFuel(root, tasklet);
  const isManifests = manifest !== null && manifest.fuel === budget;
  const more = budget * TRY_FACTOR;
  return {
    used: response.fuel_used,
    budget,
    at: isManifests ? `${MANIFEST_NAME}:${manifest.line}` : null,
    next: [
      `Try it with more: grafos deploy run --tasklet ${tasklet} --fuel ${fuelText(more)}`,
      `Find a budget by the fixtures: grafos fuel suggest ${tasklet} --write`,
      `See where the fuel went: grafos profile ${run_id}`,
    ],
  };
}
