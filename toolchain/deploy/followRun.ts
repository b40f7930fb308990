import { cellAnswerInvalid } from '../../daemons/tenant/cellAnswerInvalid.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Run, RunState } from '../../daemons/wire/tenantApi.ts';

export interface RunFollower {
  signal: AbortSignal;
  /** Gets the log in pieces, from its beginning on; a piece may end inside a line. */
  log?(text: string): void;
  state?(state: RunState): void;
}

/**
 * Follows a run to its end, and hands on its log and its states as they come.
 *
 * @returns the run as it ended
 * @throws {GrafosError} cell_answer_invalid, interrupted, and those of the tenant API
 */
export async function followRun(client: SchedulerClient, runId: string, follower: RunFollower): Promise<Run> {
  const { signal } = follower;
  for await (const event of client.events(runId, { signal })) {
    if (event.event === 'log') follower.log?.(event.data.text);
    else if (event.event === 'state') follower.state?.(event.data.state);
    else if (event.event === 'end') return event.data;
  }
  // The stream ended without an end event: the scheduler stopped, and its store has the end of the
  // run.
  const run = await client.getRun(runId, { signal });
  if (run.ended_at === null) throw cellAnswerInvalid(client.url, `the events of run ${runId} ended before the run did`);
  return run;
}
