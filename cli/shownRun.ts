import { GrafosError } from '../base/grafosError.ts';
import type { SchedulerClient } from '../daemons/tenant/schedulerClient.ts';
import type { Run, RunResponse } from '../daemons/wire/tenantApi.ts';
import { saveBytes } from '../toolchain/files/saveBytes.ts';
import { exhaustedAdvice } from '../toolchain/fuel/exhaustedAdvice.ts';
import { type ShownOutput, type ShownResponse, shownOutput } from '../toolchain/output/shownOutput.ts';
import { placesOfRun } from '../toolchain/places/placesOfRun.ts';
import { type PlacedResponse, responseWithPlaces } from '../toolchain/places/responseWithPlaces.ts';
import type { CommandContext } from './command.ts';
import type { Output } from './output.ts';
import type { Paint } from './printedLine.ts';
import { adviceLines, responseLines } from './runLines.ts';

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

/** Beginning of the message of an error of `--output`. */
export const OUTPUT_FAULT = 'The output cannot be written';

/**
 * Writes the bytes of an output, as the tasklet wrote them, to the file of `--output`. A run that
 * did not succeed has none, and leaves the file as it is.
 *
 * @throws {GrafosError} a file error's code
 */
export async function saveOutput(out: Output, file: string, { bytes, response }: ShownOutput): Promise<void> {
  if (response.state !== 'succeeded') {
    out.note(`the run has no output: ${file} was not written`);
    return;
  }
  if (bytes === null) throw new Error('the bytes of the output were not asked for');
  try {
    await saveBytes(file, bytes, OUTPUT_FAULT);
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
    const { code, message, why, kind, next } = error;
    throw new GrafosError(code, message, {
      ...(why === undefined ? {} : { why }),
      kind,
      next: `${next ?? ''} The run is kept: grafos runs show ${response.run_id} --output FILE`.trimStart(),
      cause: error,
    });
  }
}
