import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import { countAgain } from '../profile/countAgain.ts';

/**
 * Repeats the run of a case with counters. Null for a run that cannot be repeated, because it was
 * ended from outside or never began.
 *
 * @param module the bytes that ran
 * @throws {GrafosError} profile_failed, interrupted, and those of the tenant API
 */
export async function countCase(
  client: SchedulerClient,
  runId: string,
  { input, module }: { input: Uint8Array; module: Uint8Array },
  signal: AbortSignal,
): Promise<FuelProfile | null> {
  const run = await client.getRun(runId, { signal });
  const { response } = run;
  if (response === null) return null;
  const record = await client.record(run, { signal });
  try {
    return (await countAgain({ response, record, module, input }, signal)).counted;
  } catch (error) {
    if (error instanceof GrafosError && error.code === 'not_profiled') return null;
    throw error;
  }
}
