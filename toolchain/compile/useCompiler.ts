import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { loadProgramSoon } from '../../program/loadProgram.ts';
import { compileAssemblyScript } from './compileAssemblyScript.ts';

/**
 * Compiles the recipe `local-dev` and drops the module. The next compile of this thread finds the
 * library parsed, and the compiler's functions in use.
 */
export async function useCompiler(): Promise<void> {
  const program = await loadProgramSoon(join(packageRoot, 'cookbook', 'local-dev'));
  for (const tasklet of program.manifest.tasklets) await compileAssemblyScript({ program, tasklet });
}
