import { cellAnswerInvalid } from '../../daemons/protocol/cellAnswerInvalid.ts';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { Run, RunState } from '../../daemons/protocol/tenantApi.ts';

/**
 * Follows a run to its end, and hands on its states and its log as they come.
 *
 * @returns the run as it ended
 * @throws {GrafosError} cell_answer_invalid, interrupted, and those of the tenant API
 */
export async function followRun(
  client: SchedulerClient,
  runId: string,
  { signal, log, state }: { signal: AbortSignal; log?(text: string): void; state?(state: RunState): void },
): Promise<Run> {
  for await (const event of client.events(runId, { signal })) {
    if (event.event === 'log') log?.(event.data.text);
    if (event.event === 'state') state?.(event.data.state);
    if (event.event === 'end') return event.data;
  }
  // The stream broke off because the scheduler stopped. The store of its successor has the end of
  // the run.
  const run = await client.getRun(runId, { signal });
  if (run.ended_at === null) throw cellAnswerInvalid(client.url, `the events of run ${runId} ended before the run did`);
  return run;
}
