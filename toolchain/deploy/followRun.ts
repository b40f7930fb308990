import { cellAnswerInvalid } from '../../daemons/protocol/cellAnswerInvalid.ts';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { Run } from '../../daemons/protocol/tenantApi.ts';

/**
 * Follows a run to its end.
 *
 * @param onLog gets the log in pieces, from its beginning on; a piece may end inside a line
 * @returns the ended run
 * @throws {GrafosError} cell_answer_invalid, a refusal, interrupted
 */
export async function followRun(
  client: SchedulerClient,
  runId: string,
  onLog: (text: string) => void,
  signal: AbortSignal,
): Promise<Run> {
  for await (const event of client.events(runId, { signal })) {
    if (event.event === 'log') onLog(event.data.text);
    else if (event.event === 'end') return event.data;
  }
  // The stream ended without an end event: the scheduler stopped, and its store has the end of the
  // run.
  const run = await client.getRun(runId, { signal });
  if (run.ended_at === null) throw cellAnswerInvalid(client.url, `the events of run ${runId} ended before the run did`);
  return run;
}
