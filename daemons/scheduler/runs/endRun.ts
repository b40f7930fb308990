import type { RunError } from '../../wire/runError.ts';
import type { CellOutcome } from '../fabric/cellSession.ts';
import type { StoredRun } from '../store/runTable.ts';
import type { EndedRun } from './liveRun.ts';
import { EMPTY_SHA256 } from './renderRun.ts';

/** The fields of a {@link StoredRun} that its end decides. */
export const NOT_ENDED = {
  started_at: null,
  ended_at: null,
  error: null,
  output_sha256: null,
  output_bytes: null,
  fuel_used: null,
  linear_memory_peak: null,
  duration_us: null,
  lease_id: null,
  lease_expires_at: null,
} satisfies Partial<StoredRun>;

/** The part of an outcome that its run keeps. */
type Ending = Omit<CellOutcome, 'short'>;

/**
 * The run with the cell's outcome in it; `running` stays as it is until that is in the store.
 * @param outputSha256 of the outcome's output
 */
export function conclude(running: StoredRun, outcome: Ending, outputSha256: string): EndedRun {
  const run = { ...running };
  const { output, log, lease } = outcome;
  run.ended_at = Date.now();
  run.started_at ??= run.ended_at;
  run.state = outcome.state;
  run.error = outcome.error;
  run.output_bytes = output.length;
  run.output_sha256 = outputSha256;
  run.fuel_used = outcome.fuel_used;
  run.linear_memory_peak = outcome.linear_memory_peak;
  run.duration_us = outcome.duration_us;
  run.lease_id = lease?.lease_id ?? null;
  run.lease_expires_at = lease === null ? null : Date.parse(lease.expires_at);
  return { run, output, log };
}

/** The end of a run whose fate nobody knows. */
export function endAsLost(run: StoredRun, message: string): EndedRun {
  return withoutCell(run, 'failed', { code: 'worker_lost', message });
}

/** The end of a run that was cancelled before the cell heard of it. */
export function endAsCancelled(run: StoredRun): EndedRun {
  return withoutCell(run, 'cancelled', { code: 'cancelled', message: 'The run was cancelled.' });
}

function withoutCell(run: StoredRun, state: CellOutcome['state'], error: RunError): EndedRun {
  const outcome: Ending = {
    run_id: run.run_id,
    state,
    error,
    output: new Uint8Array(),
    log: '',
    fuel_used: 0,
    linear_memory_peak: 0,
    duration_us: 0,
    lease: null,
  };
  return conclude(run, outcome, EMPTY_SHA256);
}
