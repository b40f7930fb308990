import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';

/**
 * Reads the log of a run: all of it, or the part that is there while the run goes on.
 *
 * @throws {GrafosError} a refusal, cell_answer_invalid, interrupted
 */
export async function logSoFar(
  client: Pick<SchedulerClient, 'artifact' | 'events'>,
  { run_id, ended_at }: Run,
  signal: AbortSignal,
): Promise<string> {
  if (ended_at !== null) return Buffer.from(await client.artifact(run_id, 'run.log', { signal })).toString('utf8');
  let log = '';
  for await (const event of client.events(run_id, { signal })) {
    if (event.event === 'log') log += event.data.text;
    else if (event.event !== 'state') break;
  }
  return log;
}
