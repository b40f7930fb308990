import { availableParallelism } from 'node:os';
import { HoldingReader } from '../../program/holdingReader.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { type BuildResult, buildTasklet } from './buildTasklet.ts';

/**
 * Builds the tasklets for a command: as many at one time as there are processors. Gives the results
 * in the order of the tasklets. After a failure no further build begins; builds under way go on to
 * their end.
 *
 * @param onBegun called for each tasklet when its build begins
 * @throws the error of the first tasklet that failed, as {@link buildTasklet} throws it
 */
export async function buildAll(
  program: Program,
  tasklets: readonly Tasklet[],
  signal: AbortSignal,
  onBegun: (tasklet: Tasklet) => void,
): Promise<BuildResult[]> {
  const results: BuildResult[] = [];
  const failures: Array<{ at: number; error: unknown }> = [];
  let next = 0;
  const build = async () => {
    while (failures.length === 0) {
      const at = next++;
      const tasklet = tasklets[at];
      if (tasklet === undefined) return;
      onBegun(tasklet);
      try {
        results[at] = await buildTasklet(program, tasklet, { signal, reader: new HoldingReader(program.root) });
        // Many builds of what did not change hold up the thread. Ctrl-C is heard between them.
        await new Promise(setImmediate);
      } catch (error) {
        failures.push({ at, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(tasklets.length, availableParallelism()) }, build));
  const first = failures.sort((left, right) => left.at - right.at)[0];
  if (first !== undefined) throw first.error;
  return results;
}
