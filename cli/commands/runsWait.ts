import { findRun } from '../../toolchain/deploy/findRun.ts';
import { followRun } from '../../toolchain/deploy/followRun.ts';
import { shownOutput } from '../../toolchain/output/shownOutput.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { responseLines, runExitCode } from '../runLines.ts';
import { saveOutput } from '../saveOutput.ts';
import { wholeLines } from '../wholeLines.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; output?: string },
): Promise<number> {
  const found = await findRun(programRootOf(cwd), given.runId, given.provider, signal);
  using client = found.client;
  const log = wholeLines((line) => out.note(line));
  const run = found.run.ended_at === null ? await followRun(client, given.runId, log.add, signal) : found.run;
  log.end();
  if (run.response === null) throw new Error('an ended run has a response');
  const shown = await shownOutput(client, run.response, { isWanted: given.output !== undefined, signal });
  if (given.output !== undefined) await saveOutput(cwd, given.output, shown);
  out.result({ ...run, response: shown.response }, (paint) => responseLines(shown, out.isTerminal, paint));
  return runExitCode(run);
}
