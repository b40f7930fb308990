import { NOT_ENDED } from '../../daemons/scheduler/runs/endRun.ts';
import type { StoredRun } from '../../daemons/scheduler/store/runTable.ts';
import { RECORD } from './goodAnswers.ts';

/** A run that was placed, as the scheduler stores it. */
export function storedRun(run_id: string, tenant = 'acme', more: Partial<StoredRun> = {}): StoredRun {
  return {
    ...RECORD,
    ...NOT_ENDED,
    seq: 1,
    run_id,
    tenant,
    hold_ms: 0,
    idempotency_key: null,
    request_sha256: null,
    state: 'placed',
    created_at: 1,
    ...more,
  };
}
