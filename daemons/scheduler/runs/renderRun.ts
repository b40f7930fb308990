/**
 * Turns stored runs into the shape of the API. The stored bytes are the raw ones; everything else
 * is made from them on request.
 */
import { createHash } from 'node:crypto';
import type { Run, RunRecord, RunResponse } from '../../wire/tenantApi.ts';
import type { StoredRun } from '../store/runTable.ts';

/**
 * @param output the output as JSON, or a placeholder for it; null also in lists, which would grow
 *   by many megabytes
 */
export function renderRun(run: StoredRun, output: unknown): Run {
  const isHeld = run.lease_id !== null && (run.lease_expires_at ?? 0) > Date.now();
  return {
    run_id: run.run_id,
    tenant: run.tenant,
    program: run.program,
    tasklet: run.tasklet,
    version: run.version,
    provider: run.provider,
    cell_id: run.cell_id,
    module_sha256: run.module_sha256,
    state: run.state,
    created_at: new Date(run.created_at).toISOString(),
    ended_at: run.ended_at === null ? null : new Date(run.ended_at).toISOString(),
    response: run.ended_at === null ? null : renderResponse(run, output),
    lease_id: isHeld ? run.lease_id : null,
  };
}

export function renderResponse(run: StoredRun, output: unknown): RunResponse {
  const { state } = run;
  if (state !== 'succeeded' && state !== 'failed' && state !== 'cancelled') {
    throw new Error(`run ${run.run_id} has ended in the state ${state}`);
  }
  return {
    run_id: run.run_id,
    state,
    error: run.error,
    output,
    output_bytes: run.output_bytes ?? 0,
    output_sha256: run.output_sha256 ?? EMPTY_SHA256,
    fuel_used: run.fuel_used ?? 0,
    linear_memory_peak: run.linear_memory_peak ?? 0,
    duration_us: run.duration_us ?? 0,
    module_sha256: run.module_sha256,
    cell_id: run.cell_id,
    provider: run.provider,
  };
}

export const EMPTY_SHA256 = createHash('sha256').digest('hex');

export function renderRecord(run: StoredRun): RunRecord {
  return {
    run_id: run.run_id,
    tenant: run.tenant,
    program: run.program,
    tasklet: run.tasklet,
    version: run.version,
    provider: run.provider,
    region: run.region,
    cell_id: run.cell_id,
    module_sha256: run.module_sha256,
    input_sha256: run.input_sha256,
    input_bytes: run.input_bytes,
    seed: run.seed,
    start_unix_nanos: run.start_unix_nanos,
    mem_bytes: run.mem_bytes,
    fuel: run.fuel,
    linear_memory_bytes: run.linear_memory_bytes,
    timeout_ms: run.timeout_ms,
  };
}
