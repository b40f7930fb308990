import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { CoveredFile } from '../coverage/lineCoverage.ts';
import { boundedWork } from './boundedWork.ts';

/**
 * Finds the lines that counted runs executed as `moduleCoverage` does, within bounds on memory and
 * time. The list is empty where the search was given up.
 *
 * @throws {GrafosError} the error of reading the program, and the signal's reason
 */
export async function coverageBounded(
  root: string,
  tasklet: Tasklet,
  runs: readonly FuelProfile[],
  signal: AbortSignal,
): Promise<CoveredFile[]> {
  const places = runs.map((run) => ({ places: run.places }));
  const answer = await boundedWork({ kind: 'coverage', root, tasklet, runs: places }, signal);
  return answer.state === 'covered' ? answer.files : [];
}
