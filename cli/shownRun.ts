import type { SchedulerClient } from '../daemons/tenant/schedulerClient.ts';
import type { Run, RunResponse } from '../daemons/wire/tenantApi.ts';
import { exhaustedAdvice } from '../toolchain/fuel/exhaustedAdvice.ts';
import { type ShownResponse, shownOutput } from '../toolchain/output/shownOutput.ts';
import { placesOfRun } from '../toolchain/places/placesOfRun.ts';
import { type PlacedResponse, responseWithPlaces } from '../toolchain/places/responseWithPlaces.ts';
import type { CommandContext } from './command.ts';
import type { Paint } from './printedLine.ts';
import { adviceLines, responseLines } from './runLines.ts';
import { saveOutput } from './saveOutput.ts';

interface ShownRun {
  response: PlacedResponse<ShownResponse>;
  /** The lines say what to do next. */
  isAdvised: boolean;
  lines(paint: Paint): Iterable<string>;
}

interface Asked {
  /** Folder of the program. */
  root: string;
  /** File of `--output`, absolute. */
  output: string | undefined;
  /** The run's fuel came from `--fuel`. */
  isFuelGiven?: boolean;
}

/**
 * Completes an ended run for printing: its output, the places of its error, and advice.
 *
 * Writes the file of `--output` as well.
 *
 * @throws {GrafosError} a refusal, cell_answer_invalid, interrupted, a file error's code
 */
export async function shownRun(
  { out, signal }: CommandContext,
  client: SchedulerClient,
  run: Run & { response: RunResponse },
  { root, output, isFuelGiven = false }: Asked,
): Promise<ShownRun> {
  const shown = await shownOutput(client, run.response, { isWanted: output !== undefined, signal });
  if (output !== undefined) await saveOutput(out, output, shown);
  const places = await placesOfRun(root, run, client, signal);
  const advice = await exhaustedAdvice(root, run, isFuelGiven);
  return {
    response: responseWithPlaces(shown.response, places),
    isAdvised: advice !== null,
    *lines(paint) {
      yield* responseLines(shown, out.isTerminal, paint, places);
      yield* adviceLines(advice);
    },
  };
}

/** Narrows a run to one that has ended. */
export function hasEnded(run: Run): run is Run & { response: RunResponse } {
  return run.response !== null;
}
