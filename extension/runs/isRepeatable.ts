import type { Run } from '../../daemons/protocol/tenantApi.ts';

/** Ends that come from outside of the run, at another instruction each time. */
const FROM_OUTSIDE = new Set(['deadline_exceeded', 'cancelled', 'worker_lost']);

/** Says whether the same module and input end like this again: a profile, replay or fixture of the run makes sense. */
export function isRepeatable({ response }: Run): boolean {
  return response !== null && (response.error === null || !FROM_OUTSIDE.has(response.error.code));
}
