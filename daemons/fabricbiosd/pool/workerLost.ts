import type { RunError } from '../../wire/runError.ts';
import type { TaskLoss } from './poolTask.ts';

/** The error of a run whose worker went away, or never came, through no act of the run's owner. */
export function workerLost(loss: TaskLoss, cause: string | null): RunError {
  const message =
    loss === 'stopped'
      ? 'The cell stopped before the run ended.'
      : `The worker of the run was lost${cause === null ? '' : ` (${cause})`}; the run can be submitted again.`;
  return { code: 'worker_lost', message };
}
