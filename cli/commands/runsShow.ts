import { findRun } from '../../toolchain/deploy/findRun.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { responseLines, stateText } from '../runLines.ts';
import { timeText } from '../timeText.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string },
): Promise<void> {
  const found = await findRun(programRootOf(cwd), given.runId, given.provider, signal);
  using _client = found.client;
  const { run } = found;
  out.result(run, (paint) =>
    run.response === null
      ? [
          `${stateText(run.state, paint)}  ${run.run_id}  ${run.tasklet} ${paint('dim', `on ${run.cell_id}, since ${timeText(run.created_at)}`)}`,
        ]
      : responseLines(run.response, paint),
  );
}
