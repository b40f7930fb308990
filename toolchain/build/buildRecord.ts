import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { ProgramReader } from '../../program/programReader.ts';
import { findProgramState, makeProgramState } from '../stack/programState.ts';

/** Folder in a program's state with the records of this user's builds. */
const BUILDS = 'builds';
const RECORD_BYTES = 1024;

/**
 * Says whether this user built the module here, and neither it nor its source map changed since.
 *
 * The stamp in a module proves nothing by itself: a module that came with a folder may carry any
 * stamp. The record is in the program's state, which no folder brings along.
 */
export async function isRecorded(reader: ProgramReader, tasklet: Tasklet, module: Uint8Array): Promise<boolean> {
  try {
    const record = findProgramState(reader.root, BUILDS)?.read(`${tasklet.name}.txt`, RECORD_BYTES);
    if (record === undefined) return false;
    const map = await reader.readSoon(join(reader.root, `${tasklet.output}.map`), 'sourceMap');
    return record.toString('utf8') === recordOf(tasklet, module, map.state === 'ok' ? map.bytes : null);
  } catch (error) {
    // State that is not safe to use has no record.
    if (error instanceof GrafosError) return false;
    throw error;
  }
}

/** Records a build. Where no state can be written, nothing is recorded. */
export async function recordBuild(
  program: Program,
  tasklet: Tasklet,
  module: Uint8Array,
  map: string | null,
): Promise<void> {
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
