import { resolve } from 'node:path';
import { loadProgram } from '../../program/loadProgram.ts';
import { responseWithPlaces } from '../../toolchain/places/responseWithPlaces.ts';
import { replayEnded, replayRun } from '../../toolchain/replay/replayRun.ts';
import { readRunBundle } from '../../toolchain/replay/runBundle.ts';
import type { CommandContext } from '../command.ts';
import { responseLines } from '../runLines.ts';
import { saveOutput } from '../shownRun.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; cell?: string; output?: string },
): Promise<number> {
  const { output } = given;
  const program = loadProgram(cwd);
  const wanted = { isOutputWanted: output !== undefined, signal };
  // No run id has a dot or a slash, and every file can be named with one: ./FILE.
  const { same, compared, differences, original, replay, places } = /[./\\]/.test(given.runId)
    ? await replayEnded(program, await readRunBundle(resolve(cwd, given.runId)), wanted)
    : await replayRun(program, given.runId, { at: given, ...wanted });
  if (output !== undefined) await saveOutput(cwd, output, replay);
  out.result(
    { same, compared, differences, original, replay: responseWithPlaces(replay.response, places) },
    function* (paint) {
      yield* responseLines(replay, out.isTerminal, paint, places);
      yield same
        ? `${paint('green', 'same')}  ${sameText(compared)} equal those of ${original.run_id} on ${original.cell_id}`
        : `${paint('red', 'different')}  from ${original.run_id}: ${differences.join(', ')}`;
    },
  );
  return same ? 0 : 1;
}

/** Names the compared fields. A run that was ended from outside has only its log and fuel. */
function sameText(compared: readonly string[]): string {
  return compared.includes('log') ? 'log and fuel, up to where it was ended from outside,' : 'output, error and fuel';
}
