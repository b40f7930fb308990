import { boundedWork } from './boundedWork.ts';

/**
 * Loads the AssemblyScript compiler into a bounded thread, so that the next build need not wait for
 * it.
 */
export async function warmBounded(): Promise<void> {
  await boundedWork({ kind: 'warm' }, undefined);
}
