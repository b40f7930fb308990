import { findRun } from '../../toolchain/deploy/findRun.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { stateText } from '../runLines.ts';

/**
 * Time that the cell may take to stop it before the answer says that it is still running,
 * milliseconds.
 */
const WAIT_MS = 2_000;

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { runId: string; provider?: string },
): Promise<void> {
  const found = await findRun(programRootOf(cwd), given.runId, given, signal);
  using client = found.client;
  const cancelled = await client.cancel(given.runId, { signal, waitMs: WAIT_MS });
  out.result(cancelled, (paint) =>
    found.run.ended_at === null
      ? [
          `${stateText(cancelled.state, paint)}  ${cancelled.run_id}${cancelled.ended_at === null ? ', being cancelled' : ''}`,
        ]
      : [`run ${cancelled.run_id} had already ended: ${stateText(cancelled.state, paint)}`],
  );
}
