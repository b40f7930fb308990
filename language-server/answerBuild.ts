import { GrafosError } from '../base/grafosError.ts';
import { findTasklet, loadProgramSoon } from '../program/loadProgram.ts';
import type { CompileAhead } from '../toolchain/bounded/compileAhead.ts';
import { buildTasklet } from '../toolchain/compile/buildTasklet.ts';
import type { BuildAnswer, BuildParams } from './customMessages.ts';

/**
 * Builds a tasklet from the files on disk; unsaved text is no part of a build. The compiler stays
 * loaded between builds, in a thread with the bounds of any build.
 *
 * @returns the build, or an error for the person
 * @throws the reason of the signal, and errors that are faults of grafos itself
 */
export async function answerBuild(
  { program: root, tasklet: name }: BuildParams,
  ahead: CompileAhead,
  signal: AbortSignal,
): Promise<BuildAnswer> {
  try {
    const program = await loadProgramSoon(root);
    const { tasklet, output, bytes, sha256, duration_ms } = await buildTasklet(program, findTasklet(program, name), {
      signal,
      compileText: (...given) => ahead.compile(...given),
    });
    return { built: { tasklet, output, bytes, sha256, duration_ms } };
  } catch (error) {
    if (signal.aborted || !(error instanceof GrafosError)) throw error;
    const { kind, code, message, why = null, next = null } = error;
    return { error: { kind, code, message, why, next } };
  }
}
