import { findRun } from '../../toolchain/deploy/findRun.ts';
import { notEnded } from '../../toolchain/deploy/notEnded.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { stateText } from '../runLines.ts';
import { hasEnded, shownRun } from '../shownRun.ts';
import { timeText } from '../timeText.ts';

export async function run(
  context: CommandContext,
  given: { runId: string; provider?: string; cell?: string; output?: string },
): Promise<void> {
  const { cwd, out, signal } = context;
  const root = programRootOf(cwd);
  const found = await findRun(root, given.runId, given, signal);
  using client = found.client;
  const { run } = found;
  if (!hasEnded(run)) {
    if (given.output !== undefined) throw notEnded(given.runId);
    const { run_id, tasklet, state, cell_id, created_at } = run;
    out.result(run, (paint) => [
      `${stateText(state, paint)}  ${run_id}  ${tasklet} ${paint('dim', `on ${cell_id}, since ${timeText(created_at)}`)}`,
    ]);
    return;
  }
  const { response, lines } = await shownRun(context, client, run, { root, output: given.output });
  out.result({ ...run, response }, lines);
}
