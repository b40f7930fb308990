import { loadProgram } from '../../program/loadProgram.ts';
import { replayRun } from '../../toolchain/replay/replayRun.ts';
import type { CommandContext } from '../command.ts';
import { responseLines } from '../runLines.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string },
): Promise<number> {
  const result = await replayRun(loadProgram(cwd), given.runId, given.provider, signal);
  out.result(result, (paint) => [
    ...responseLines(result.replay, paint, result.replay.error?.places),
    result.same
      ? `${paint('green', 'same')}  output, error and fuel equal those of ${result.original.run_id} on ${result.original.cell_id}`
      : `${paint('red', 'different')}  from ${result.original.run_id}: ${result.differences.join(', ')}`,
  ]);
  return result.same ? 0 : 1;
}
