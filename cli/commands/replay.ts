import { loadProgram } from '../../program/loadProgram.ts';
import { responseWithPlaces } from '../../toolchain/places/responseWithPlaces.ts';
import { replayRun } from '../../toolchain/replay/replayRun.ts';
import type { CommandContext } from '../command.ts';
import { responseLines } from '../runLines.ts';
import { saveOutput } from '../saveOutput.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; output?: string },
): Promise<number> {
  const { provider, output } = given;
  const { same, compared, differences, original, replay, places } = await replayRun(loadProgram(cwd), given.runId, {
    provider,
    isOutputWanted: output !== undefined,
    signal,
  });
  if (output !== undefined) await saveOutput(cwd, output, replay);
  out.result(
    { same, compared, differences, original, replay: responseWithPlaces(replay.response, places) },
    (paint) => [
      ...responseLines(replay, out.isTerminal, paint, places),
      same
        ? `${paint('green', 'same')}  ${sameText(compared)} equal those of ${original.run_id} on ${original.cell_id}`
        : `${paint('red', 'different')}  from ${original.run_id}: ${differences.join(', ')}`,
    ],
  );
  return same ? 0 : 1;
}

/** A run that was ended from outside has no end that could be compared. */
function sameText(compared: readonly string[]): string {
  return compared.includes('log') ? 'log and fuel, up to where it was ended from outside,' : 'output, error and fuel';
}
