import { RefusedError } from './refused.ts';
import type { CellStore } from './store/cellStore.ts';

/**
 * The role of the scheduler. It starts as `standby` and takes no work until an admin promotes it.
 * The store remembers the promotion.
 */
export interface SchedulerRole {
  get(): 'standby' | 'active';
  promote(): Promise<void>;
  /** @throws {RefusedError} scheduler_standby */
  mustBeActive(): void;
}

export function createSchedulerRole(store: CellStore): SchedulerRole {
  let role: 'standby' | 'active' = store.getMeta('role') === 'active' ? 'active' : 'standby';
  return {
    get: () => role,
    promote: async () => {
      if (role === 'active') return;
      await store.change(() => store.setMeta('role', 'active')).durable;
      role = 'active';
    },
    mustBeActive: () => {
      if (role !== 'active') {
        throw new RefusedError(
          'scheduler_standby',
          'The scheduler is on standby and takes no work.',
          'An admin promotes it: POST /api/v1/admin/promote.',
        );
      }
    },
  };
}
