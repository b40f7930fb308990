import { GrafosError } from '../../base/grafosError.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { type LineFuel, newestProfile, PROFILES } from '../profile/sourceFuel.ts';
import { findProgramState } from '../stack/programState.ts';
import { boundedWork } from './boundedWork.ts';

/**
 * Finds the fuel of the lines of one source as `sourceFuel` does, within bounds on memory and time.
 * The list is empty where the search was given up.
 *
 * @param source absolute path of the source
 * @throws {GrafosError} as `staleness` does
 */
export async function fuelBounded(root: string, tasklet: Tasklet, source: string): Promise<LineFuel[]> {
  if (!hasProfile(root, tasklet)) return [];
  const answer = await boundedWork({ kind: 'fuel', root, tasklet, source }, undefined);
  return answer.state === 'fuelled' ? answer.lines : [];
}

/** Most tasklets have no profile, and need no thread to find that out. */
function hasProfile(root: string, { name }: Tasklet): boolean {
  try {
    return findProgramState(root, PROFILES)?.names().includes(newestProfile(name)) ?? false;
  } catch (error) {
    // A folder that is not safe to use has no profile.
    if (error instanceof GrafosError) return false;
    throw error;
  }
}
