import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { RunError } from '../../daemons/protocol/runError.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { RunEntry } from './runsModel.ts';

/** What went into a run that ended, and what came out. */
export interface Outcome {
  input: Uint8Array;
  output: Uint8Array;
  error: RunError | null;
}

/**
 * Fetches input, output and error of a run, whole and checked by their hashes.
 *
 * @throws {GrafosError} run_not_ended, and those of the tenant API
 */
export async function fetchOutcome(
  session: Pick<ProgramSession, 'connect'>,
  entry: RunEntry,
  signal: AbortSignal,
): Promise<Outcome> {
  using client = await session.connect(entry.provider);
  const run = await client.getRun(entry.run.run_id, { signal });
  const { response } = run;
  if (response === null) {
    throw new GrafosError('usage', 'run_not_ended', `Run ${run.run_id} has not ended.`, { next: 'Wait for its end.' });
  }
  const record = await client.record(run, { signal });
  const expected = { size: record.input_bytes, sha256: record.input_sha256 };
  const input = await client.artifact(run.run_id, 'input.bin', { signal, expected });
  return { input, output: await client.output(response, { signal }), error: response.error };
}
