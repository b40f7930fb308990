import { GrafosError } from '../../base/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { ProgramReader } from '../../program/programReader.ts';
import { type Staleness, staleness } from './staleness.ts';

/**
 * Finds the module that a build would write again. Null where it must be built. Rust always goes to
 * cargo, which knows what changed, its compiler included.
 */
export async function keptBuild(
  program: Program,
  tasklet: Tasklet,
  reader: ProgramReader | undefined,
): Promise<Staleness['kept'] | null> {
  if (tasklet.kind !== 'assemblyscript' && tasklet.kind !== 'wat') return null;
  try {
    return (await staleness(program, tasklet, reader)).kept ?? null;
  } catch (error) {
    // A module that cannot be read is built again, and the build reports the fault.
    if (error instanceof GrafosError) return null;
    throw error;
  }
}
