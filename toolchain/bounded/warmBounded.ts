import { boundedWork } from './boundedWork.ts';

/**
 * Loads the AssemblyScript compiler into a bounded thread and compiles a small tasklet with it, so
 * that the next build finds the library parsed and the compiler's own code compiled.
 */
export async function warmBounded(): Promise<void> {
  await boundedWork({ kind: 'warm' }, undefined);
}
