import { findRun } from '../../toolchain/deploy/findRun.ts';
import { notEnded } from '../../toolchain/deploy/notEnded.ts';
import { exhaustedAdvice } from '../../toolchain/fuel/exhaustedAdvice.ts';
import { shownOutput } from '../../toolchain/output/shownOutput.ts';
import { placesOfRun } from '../../toolchain/places/placesOfRun.ts';
import { responseWithPlaces } from '../../toolchain/places/responseWithPlaces.ts';
import { adviceLines } from '../adviceLines.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { responseLines, stateText } from '../runLines.ts';
import { saveOutput } from '../saveOutput.ts';
import { timeText } from '../timeText.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; output?: string },
): Promise<void> {
  const root = programRootOf(cwd);
  const found = await findRun(root, given.runId, given.provider, signal);
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
  const places = await placesOfRun(root, run, client, signal);
  const advice = await exhaustedAdvice(root, run);
  out.result({ ...run, response: responseWithPlaces(shown.response, places) }, (paint) => [
    ...responseLines(shown, out.isTerminal, paint, places),
    ...adviceLines(advice),
  ]);
}
