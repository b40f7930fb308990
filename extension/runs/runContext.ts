import type { Run } from '../../daemons/wire/tenantApi.ts';
import { isRepeatable } from './isRepeatable.ts';

/**
 * The context value of a run in the view, which decides on its menu: `run.failed`, for example. A
 * failed run that was ended from outside is `run.failed.outside`: there is nothing to repeat.
 */
export function runContext(run: Run): string {
  return run.state === 'failed' && !isRepeatable(run) ? 'run.failed.outside' : `run.${run.state}`;
}
