import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunFrame } from '../../daemons/wire/runError.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import { countAgain } from '../profile/countAgain.ts';
import { ranModule } from '../replay/ranModule.ts';

/** Most fuel of a run that is repeated for its place: a second of counting, about. */
const FUEL_MAX = 200_000_000;

/** The parts of a client that a run is repeated with. */
export type RepeatClient = Pick<SchedulerClient, 'artifact' | 'module' | 'record'>;

/**
 * Finds the calls under way where the fuel of a run ended, by repeating the run with counters. The
 * cell knows no more than the function, because all checks of the meter in a function share a trap.
 *
 * @returns null where the run needs too much fuel to be repeated, or was not repeated alike
 */
export async function exhaustedFrames(
  program: Program,
  run: Run,
  client: RepeatClient,
  signal: AbortSignal,
): Promise<RunFrame[] | null> {
  const { response, run_id } = run;
  if (response === null || response.fuel_used > FUEL_MAX) return null;
  try {
    const record = await client.record(run, { signal });
    const expected = { size: record.input_bytes, sha256: record.input_sha256 };
    const input = await client.artifact(run_id, 'input.bin', { signal, expected });
    const { module } = await ranModule(program, record, client, signal);
    const { counted, differences } = await countAgain({ response, record, module, input }, signal);
    return differences.length === 0 ? (counted.error?.frames ?? null) : null;
  } catch (error) {
    if (!signal.aborted && error instanceof GrafosError) return null;
    throw error;
  }
}
