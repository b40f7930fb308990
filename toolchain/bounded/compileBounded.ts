import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { Compiled } from '../compile/compiled.ts';
import { givenUp } from '../validate/givenUp.ts';
import { boundedWork } from './boundedWork.ts';

/**
 * Compiles a tasklet of AssemblyScript or WebAssembly text, within bounds on memory and time. A
 * compile that was given up has the finding GRF2007.
 *
 * @throws {GrafosError} as `buildWat` does, and the signal's reason
 */
export async function compileBounded(
  program: Program,
  tasklet: Tasklet,
  signal: AbortSignal | undefined,
): Promise<Compiled> {
  const answer = await boundedWork({ kind: 'compile', program, tasklet }, signal);
  switch (answer.state) {
    case 'compiled':
      return answer.compiled;
    case 'given-up': {
      const finding = givenUp(program.root, tasklet, answer.why, 'build');
      return { wasm: null, sourceMap: null, diagnostics: [finding], files: [] };
    }
    default:
      throw new Error('a compile answers with a module');
  }
}
