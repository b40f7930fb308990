import { findRun } from '../../toolchain/deploy/findRun.ts';
import { followRun } from '../../toolchain/deploy/followRun.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { runExitCode } from '../runLines.ts';
import { hasEnded, shownRun } from '../shownRun.ts';
import { createWholeLines } from '../wholeLines.ts';

export async function run(
  context: CommandContext,
  given: { runId: string; provider?: string; cell?: string; output?: string },
): Promise<number> {
  const { cwd, out, signal } = context;
  const root = programRootOf(cwd);
  const found = await findRun(root, given.runId, given, signal);
  using client = found.client;
  const log = createWholeLines((line) => out.note(line));
  const run = found.run.ended_at === null ? await followRun(client, given.runId, { signal, log: log.add }) : found.run;
  log.end();
  if (!hasEnded(run)) throw new Error('an ended run has a response');
  const { response, lines } = await shownRun(context, client, run, { root, output: given.output });
  out.result({ ...run, response }, lines);
  return runExitCode(run);
}
