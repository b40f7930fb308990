import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunRecord } from '../../daemons/wire/tenantApi.ts';

/**
 * Fetches the input that the record of a run names, checked by its size and hash.
 *
 * @throws {GrafosError} cell_answer_invalid, interrupted, and those of the tenant API
 */
export function inputOf(
  client: Pick<SchedulerClient, 'artifact'>,
  { run_id, input_bytes, input_sha256 }: RunRecord,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return client.artifact(run_id, 'input.bin', { signal, expected: { size: input_bytes, sha256: input_sha256 } });
}
