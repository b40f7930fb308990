import { findRun } from '../../toolchain/deploy/findRun.ts';
import { exhaustedAdvice } from '../../toolchain/fuel/exhaustedAdvice.ts';
import { placesOfRun } from '../../toolchain/places/placesOfRun.ts';
import { responseWithPlaces } from '../../toolchain/places/responseWithPlaces.ts';
import { adviceLines } from '../adviceLines.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { responseLines, stateText } from '../runLines.ts';
import { timeText } from '../timeText.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string },
): Promise<void> {
  const root = programRootOf(cwd);
  const found = await findRun(root, given.runId, given.provider, signal);
  using client = found.client;
  const { run } = found;
  const places = await placesOfRun(root, run, client, signal);
  const response = run.response === null ? null : responseWithPlaces(run.response, places);
  const advice = await exhaustedAdvice(root, run);
  out.result({ ...run, response }, (paint) =>
    run.response === null
      ? [
          `${stateText(run.state, paint)}  ${run.run_id}  ${run.tasklet} ${paint('dim', `on ${run.cell_id}, since ${timeText(run.created_at)}`)}`,
        ]
      : [...responseLines(run.response, paint, places), ...adviceLines(advice)],
  );
}
