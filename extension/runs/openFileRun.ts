import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { loadProgramSoon } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { placesBounded } from '../../toolchain/bounded/placesBounded.ts';
import { runFileBounded } from '../../toolchain/bounded/runFileBounded.ts';
import { FileRun } from './fileRun.ts';

/**
 * Reads a run from a file. Where one of the programs has built the module that ran, the places of a
 * failure come from its sources, and not from the file.
 *
 * @param file absolute path
 * @param roots absolute paths of the programs of the workspace
 * @throws {GrafosError} bundle_invalid, and those of reading a file
 */
export async function openFileRun(file: string, roots: readonly string[], signal: AbortSignal): Promise<FileRun> {
  const { ended, places } = await runFileBounded(file, signal);
  const { error, module_sha256 } = ended.response;
  for (const root of roots) {
    const tasklet = await taskletWith(root, ended.record.tasklet, module_sha256);
    if (tasklet === undefined) continue;
    // The log is the file's, so no place is taken from it.
    return new FileRun(file, ended, await placesBounded(root, tasklet, { error, module_sha256 }, '', signal), root);
  }
  return new FileRun(file, ended, places, undefined);
}

async function taskletWith(root: string, name: string, module_sha256: string): Promise<Tasklet | undefined> {
  try {
    const { manifest } = await loadProgramSoon(root);
    const tasklet = manifest.tasklets.find((one) => one.name === name);
    if (tasklet === undefined) return undefined;
    const built = await new ProgramReader(root).readSoon(join(root, tasklet.output), 'module');
    if (built.state !== 'ok') return undefined;
    return createHash('sha256').update(built.bytes).digest('hex') === module_sha256 ? tasklet : undefined;
  } catch {
    // A program that cannot be read has built nothing.
    return undefined;
  }
}
