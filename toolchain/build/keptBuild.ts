import { join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { staleness } from './staleness.ts';

/**
 * Finds the module that a build would write again. Null where it must be built. Rust always goes to
 * cargo, which knows what changed, its compiler included.
 */
export async function keptBuild(program: Program, tasklet: Tasklet): Promise<Uint8Array | null> {
  if (tasklet.kind !== 'assemblyscript' && tasklet.kind !== 'wat') return null;
  try {
    if ((await staleness(program, tasklet)).state !== 'fresh') return null;
    const module = await new ProgramReader(program.root).readSoon(join(program.root, tasklet.output), 'module');
    return module.state === 'ok' ? module.bytes : null;
  } catch (error) {
    // A module that cannot be read is built again, and the build reports the fault.
    if (error instanceof GrafosError) return null;
    throw error;
  }
}
