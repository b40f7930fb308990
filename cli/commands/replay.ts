import { resolve } from 'node:path';
import { loadProgram } from '../../program/loadProgram.ts';
import { replayEnded, replayRun } from '../../toolchain/replay/replayRun.ts';
import { readRunBundle } from '../../toolchain/replay/runBundle.ts';
import type { CommandContext } from '../command.ts';
import { responseLines } from '../runLines.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string },
): Promise<number> {
  const program = loadProgram(cwd);
  // No id of a run has a dot or a slash, and each file of one can be given with them.
  const result = /[./\\]/.test(given.runId)
    ? await replayEnded(program, await readRunBundle(resolve(cwd, given.runId)), signal)
    : await replayRun(program, given.runId, given.provider, signal);
  out.result(result, (paint) => [
    ...responseLines(result.replay, paint, result.replay.error?.places),
    result.same
      ? `${paint('green', 'same')}  output, error and fuel equal those of ${result.original.run_id} on ${result.original.cell_id}`
      : `${paint('red', 'different')}  from ${result.original.run_id}: ${result.differences.join(', ')}`,
  ]);
  return result.same ? 0 : 1;
}
