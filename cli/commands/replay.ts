import { resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { loadProgram } from '../../program/loadProgram.ts';
import { bundleBounded } from '../../toolchain/bounded/runFileBounded.ts';
import { responseWithPlaces } from '../../toolchain/places/responseWithPlaces.ts';
import type { EndedRun } from '../../toolchain/replay/endedRun.ts';
import { replayHere } from '../../toolchain/replay/replayHere.ts';
import { type Replay, replayEnded, replayRun } from '../../toolchain/replay/replayRun.ts';
import type { CommandContext } from '../command.ts';
import { isRunFile } from '../isRunFile.ts';
import { OUTPUT_FAULT, outputFile } from '../outputFile.ts';
import type { Paint } from '../printedLine.ts';
import { responseLines } from '../runLines.ts';
import { saveOutput } from '../saveOutput.ts';

/** Codes of errors that say that no local stack can repeat a run. */
const NO_STACK: readonly string[] = ['runtime_not_ready', 'manifest_missing'];

export async function run(
  context: CommandContext,
  given: { runId: string; provider?: string; cell?: string; output?: string },
): Promise<number> {
  const { cwd, out, signal } = context;
  const output = outputFile(cwd, '--output', given.output, OUTPUT_FAULT);
  const wanted = { isOutputWanted: output !== undefined, signal };
  if (!isRunFile(given.runId))
    return show(context, output, await replayRun(loadProgram(cwd), given.runId, { at: given, ...wanted }));
  const ended = await bundleBounded(resolve(cwd, given.runId), signal);
  let replay: Replay;
  try {
    replay = await replayEnded(loadProgram(cwd), ended, wanted);
  } catch (error) {
    // Only a stack keeps the output of a replay.
    if (!(error instanceof GrafosError) || !NO_STACK.includes(error.code) || output !== undefined) throw error;
    const { same, compared, differences } = await replayHere(ended, signal);
    out.result({ same, compared, differences, original: ended.response, replay: null }, (paint) => [
      outcomeLine({ same, compared, differences }, ended, paint),
    ]);
    return same ? 0 : 1;
  }
  return show(context, output, replay);
}

async function show({ out }: CommandContext, output: string | undefined, done: Replay): Promise<number> {
  const { same, compared, differences, original, replay, places } = done;
  if (output !== undefined) await saveOutput(out, output, replay);
  out.result(
    { same, compared, differences, original, replay: responseWithPlaces(replay.response, places) },
    function* (paint) {
      yield* responseLines(replay, out.isTerminal, paint, places);
      yield outcomeLine(done, { response: original }, paint);
    },
  );
  return same ? 0 : 1;
}

function outcomeLine(
  { same, compared, differences }: { same: boolean; compared: readonly string[]; differences: readonly string[] },
  { response }: Pick<EndedRun, 'response'>,
  paint: Paint,
): string {
  return same
    ? `${paint('green', 'same')}  ${sameText(compared)} equal those of ${response.run_id} on ${response.cell_id}`
    : `${paint('red', 'different')}  from ${response.run_id}: ${differences.join(', ')}`;
}

/** Names the compared fields. A run that was ended from outside has only its log and fuel. */
function sameText(compared: readonly string[]): string {
  return compared.includes('log') ? 'log and fuel, up to where it was ended from outside,' : 'output, error and fuel';
}
