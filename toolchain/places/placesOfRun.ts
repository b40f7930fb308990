import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { Run } from '../../daemons/protocol/tenantApi.ts';
import { loadProgramSoon } from '../../program/loadProgram.ts';
import type { Place } from './place.ts';
import { runPlaces } from './runPlaces.ts';

/**
 * Finds where in the source of a program an ended run failed, the program's own lines first. Empty where that cannot be
 * found out: a place helps to read an answer, and its absence must not take the answer away.
 *
 * @param client of the provider that has the run
 */
export async function placesOfRun(
  root: string,
  { run_id, program: name, tasklet: taskletName, response }: Run,
  client: SchedulerClient,
  signal: AbortSignal,
): Promise<Place[]> {
  if (response?.error?.frames === undefined) return [];
  try {
    const program = await loadProgramSoon(root);
    const tasklet = program.manifest.tasklets.find((one) => one.name === taskletName);
    if (tasklet === undefined || program.manifest.name !== name) return [];
    return await runPlaces(root, tasklet, response, async () =>
      new TextDecoder().decode(await client.artifact(run_id, 'run.log', { signal })),
    );
  } catch (error) {
    if (!signal.aborted && error instanceof GrafosError) return [];
    throw error;
  }
}
