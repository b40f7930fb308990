import { join } from 'node:path';
import { loadProgramSoon } from '../program/loadProgram.ts';
import type { CompileAhead } from '../toolchain/bounded/compileAhead.ts';
import type { ProgramState } from './programState.ts';

/**
 * Begins to compile the tasklet whose own source was saved, because a run often follows. A file
 * that tasklets only import begins nothing: it may belong to many.
 */
export function compileSaved(ahead: CompileAhead, program: ProgramState | undefined, path: string): void {
  const saved = program?.tasklets().find(({ source }) => join(program.root, source) === path);
  if (program === undefined || (saved?.kind !== 'assemblyscript' && saved?.kind !== 'wat')) return;
  const { name } = saved;
  ahead.begin(async () => {
    const onDisk = await loadProgramSoon(program.root);
    const tasklet = onDisk.manifest.tasklets.find((one) => one.name === name);
    return tasklet === undefined ? null : { program: onDisk, tasklet };
  });
}
