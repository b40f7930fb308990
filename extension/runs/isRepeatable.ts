import type { Run } from '../../daemons/protocol/tenantApi.ts';

/** Errors whose cause is outside of the run. They stop the run at another instruction each time. */
const FROM_OUTSIDE = new Set(['deadline_exceeded', 'cancelled', 'worker_lost']);

/**
 * Tells a run whose module and input give the same end again. Only such a run has a use for a
 * profile, a replay or a fixture.
 */
export function isRepeatable({ response }: Run): boolean {
  return response !== null && (response.error === null || !FROM_OUTSIDE.has(response.error.code));
}
