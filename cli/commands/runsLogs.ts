import { findRun } from '../../toolchain/deploy/findRun.ts';
import { followRun } from '../../toolchain/deploy/followRun.ts';
import { logSoFar } from '../../toolchain/deploy/logSoFar.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { createWholeLines } from '../wholeLines.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string; cell?: string; follow?: boolean },
): Promise<void> {
  const found = await findRun(programRootOf(cwd), given.runId, given, signal);
  using client = found.client;
  const run_id = given.runId;
  if (given.follow) {
    const lines = createWholeLines((line) => out.item({ line }, () => [line]));
    await followRun(client, run_id, { signal, log: lines.add });
    lines.end();
    return;
  }
  const lines: string[] = [];
  const log = createWholeLines((line) => lines.push(line));
  log.add(await logSoFar(client, found.run, signal));
  log.end();
  out.result({ run_id, lines }, () => lines);
}
