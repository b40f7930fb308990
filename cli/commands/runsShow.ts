import { findRun } from '../../toolchain/deploy/findRun.ts';
import { notEnded } from '../../toolchain/deploy/notEnded.ts';
import { shownOutput } from '../../toolchain/output/shownOutput.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { responseLines, stateText } from '../runLines.ts';
import { saveOutput } from '../saveOutput.ts';
import { timeText } from '../timeText.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; output?: string },
): Promise<void> {
  const found = await findRun(programRootOf(cwd), given.runId, given.provider, signal);
  using client = found.client;
  const { run } = found;
  const { response } = run;
  if (response === null) {
    if (given.output !== undefined) throw notEnded(given.runId);
    const { run_id, tasklet, state, cell_id, created_at } = run;
    out.result(run, (paint) => [
      `${stateText(state, paint)}  ${run_id}  ${tasklet} ${paint('dim', `on ${cell_id}, since ${timeText(created_at)}`)}`,
    ]);
    return;
  }
  const shown = await shownOutput(client, response, { isWanted: given.output !== undefined, signal });
  if (given.output !== undefined) await saveOutput(cwd, given.output, shown);
  out.result({ ...run, response: shown.response }, (paint) => responseLines(shown, out.isTerminal, paint));
}
