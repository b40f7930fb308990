import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Place } from '../../daemons/wire/place.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { loadProgramSoon } from '../../program/loadProgram.ts';
import { placesBounded } from '../bounded/placesBounded.ts';
import { logSoFar } from '../deploy/logSoFar.ts';
import { exhaustedFrames, type RepeatClient } from './exhaustedFrames.ts';

/**
 * Finds where in the source of a program an ended run failed, the program's own lines first. The
 * list is empty where that cannot be found out: the answer about the run must not fail for it.
 *
 * @param client of the provider that has the run; one that cannot give the run's record finds only
 *   the function in which fuel ended
 */
export async function placesOfRun(
  root: string,
  run: Run,
  client: Pick<SchedulerClient, 'artifact' | 'events'> & Partial<RepeatClient>,
  signal: AbortSignal,
): Promise<Place[]> {
  const { program: name, tasklet: taskletName, response } = run;
  if (response?.error?.frames === undefined) return [];
  try {
    const program = await loadProgramSoon(root);
    const tasklet = program.manifest.tasklets.find((one) => one.name === taskletName);
    if (tasklet === undefined || program.manifest.name !== name) return [];
    const { module_sha256 } = response;
    const isRepeated = response.error.code === 'fuel_exhausted' && isRepeatClient(client);
    const frames = (isRepeated ? await exhaustedFrames(program, run, client, signal) : null) ?? response.error.frames;
    const error = { ...response.error, frames };
    const isPanic = tasklet.kind === 'rust' && error.code === 'trap_unreachable';
    const log = isPanic ? await logSoFar(client, run, signal) : '';
    return await placesBounded(root, tasklet, { error, module_sha256 }, log, signal);
  } catch (error) {
    if (!signal.aborted && error instanceof GrafosError) return [];
    throw error;
  }
}

function isRepeatClient(client: Partial<RepeatClient>): client is RepeatClient {
  return client.artifact !== undefined && client.module !== undefined && client.record !== undefined;
}
