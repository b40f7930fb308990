import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { findProgramState, makeProgramState } from '../stack/programState.ts';
import { staleness } from './staleness.ts';

/** Folder in a program's state with the records of this user's builds. */
const BUILDS = 'builds';
const RECORD_BYTES = 1024;

/**
 * Finds the module that a build would write again. This user built it here, it and its map are as
 * they were written, and its sources and compiler did not change. Null where it must be built.
 *
 * The stamp in the module alone is not believed: a module that came with a folder may carry any
 * stamp. Rust always goes to cargo, which knows what changed, its compiler included.
 */
export async function keptBuild(program: Program, tasklet: Tasklet): Promise<Uint8Array | null> {
  if (tasklet.kind !== 'assemblyscript' && tasklet.kind !== 'wat') return null;
  try {
    const record = findProgramState(program.root, BUILDS)?.read(`${tasklet.name}.txt`, RECORD_BYTES);
    if (record === undefined) return null;
    const reader = new ProgramReader(program.root);
    const output = join(program.root, tasklet.output);
    const module = await reader.readSoon(output, 'module');
    if (module.state !== 'ok') return null;
    const map = await reader.readSoon(`${output}.map`, 'sourceMap');
    const text = recordOf(tasklet, module.bytes, map.state === 'ok' ? map.bytes : null);
    if (record.toString('utf8') !== text || (await staleness(program, tasklet)).state !== 'fresh') return null;
    return module.bytes;
  } catch (error) {
    // A module that cannot be read is built again, and the build reports the fault.
    if (error instanceof GrafosError) return null;
    throw error;
  }
}

/**
 * Records a build, so that {@link keptBuild} finds it. Where no state can be written, nothing is
 * recorded.
 */
export async function keepBuild(
  program: Program,
  tasklet: Tasklet,
  module: Uint8Array,
  map: string | null,
): Promise<void> {
  if (tasklet.kind !== 'assemblyscript' && tasklet.kind !== 'wat') return;
  try {
    const builds = await makeProgramState(program.root, BUILDS);
    await builds.write(`${tasklet.name}.txt`, recordOf(tasklet, module, map));
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
  }
}

function recordOf({ output }: Tasklet, module: Uint8Array, map: Uint8Array | string | null): string {
  const digest = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
  return `${output}\n${digest(module)}\n${map === null ? '-' : digest(map)}\n`;
}
