import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { inputOf } from './inputOf.ts';
import type { RunEntry } from './runsModel.ts';

/** The input of an ended run, and its output and error. */
interface Outcome {
  input: Uint8Array;
  output: Uint8Array;
  error: RunError | null;
}

type Connecting = Pick<ProgramSession, 'connect'>;

/**
 * Fetches input, output and error of a run, whole and checked by their hashes.
 *
 * @throws {GrafosError} run_not_ended, and those of the tenant API
 */
export async function fetchOutcome(session: Connecting, entry: RunEntry, signal: AbortSignal): Promise<Outcome> {
  using client = await session.connect(entry.provider, entry.cell);
  const { run, response } = await endedRun(client, entry.run, signal);
  const input = await inputOf(client, await client.record(run, { signal }), signal);
  return { input, output: await client.output(response, { signal }), error: response.error };
}

/**
 * Fetches the input of a run, whole and checked by its hash.
 *
 * @throws {GrafosError} run_not_ended, and those of the tenant API
 */
export async function fetchInput(session: Connecting, entry: RunEntry, signal: AbortSignal): Promise<Uint8Array> {
  using client = await session.connect(entry.provider, entry.cell);
  const { run } = await endedRun(client, entry.run, signal);
  // Awaited here: the client is closed when this function returns.
  return await inputOf(client, await client.record(run, { signal }), signal);
}

/**
 * The run with its response. Only a run that had not ended when it was last seen is asked for
 * again.
 */
async function endedRun(
  client: SchedulerClient,
  known: Run,
  signal: AbortSignal,
): Promise<{ run: Run; response: RunResponse }> {
  const run = known.response === null ? await client.getRun(known.run_id, { signal }) : known;
  const { response } = run;
  if (response === null) {
    throw new GrafosError('run_not_ended', `Run ${run.run_id} has not ended.`, { next: 'Wait for its end.' });
  }
  return { run, response };
}
