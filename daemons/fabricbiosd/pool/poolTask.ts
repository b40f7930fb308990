import type { FromWorker } from '../boundary/workerMessages.ts';
import type { TaskFacts } from './policy.ts';
import type { PoolWorker } from './poolWorker.ts';

/** Why a task got no answer. `out_of_memory`: it took more JavaScript heap than a worker has. */
export type TaskLoss = 'deadline' | 'cancelled' | 'died' | 'out_of_memory' | 'stopped';

/** A task for one worker. Exactly one of `answered` and `lost` is called, once. */
export interface PoolTask extends TaskFacts {
  /** Name of the tenant that it belongs to. */
  readonly tenant: string;
  /** Milliseconds from `start`. */
  readonly deadlineMs: number;
  /** Posts the request. */
  start(worker: PoolWorker): void;
  log(text: string): void;
  answered(answer: FromWorker, worker: PoolWorker): void;
  /** The worker is gone, or null when the task never had one. `cause` is for the log. */
  lost(loss: TaskLoss, worker: PoolWorker | null, cause: string | null): void;
}
