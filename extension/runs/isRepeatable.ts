import { OUTSIDE_ERRORS } from '../../daemons/wire/runError.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';

/**
 * Tells a run whose module and input give the same end again. Only such a run has a use for a
 * profile, a replay or a fixture.
 */
export function isRepeatable({ response }: Run): boolean {
  return response !== null && (response.error === null || !OUTSIDE_ERRORS.has(response.error.code));
}
