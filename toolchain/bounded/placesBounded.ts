import { GrafosError } from '../../base/grafosError.ts';
import type { Place } from '../../daemons/wire/place.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { boundedWork } from './boundedWork.ts';
import type { FailedRun } from './workMessages.ts';

/**
 * Finds where in the source a run failed as `runPlaces` does, within bounds on memory and time. The
 * module, its source map and the sources may be of a stranger. The list is empty where the search
 * was given up, because the answer about the run must not fail for it.
 *
 * @throws {GrafosError} the signal's reason
 */
export async function placesBounded(
  root: string,
  tasklet: Tasklet,
  failed: FailedRun,
  log: string,
  signal: AbortSignal,
): Promise<Place[]> {
  try {
    const answer = await boundedWork({ kind: 'places', root, tasklet, failed, log }, signal);
    return answer.state === 'placed' ? answer.places : [];
  } catch (error) {
    if (!signal.aborted && error instanceof GrafosError) return [];
    throw error;
  }
}
