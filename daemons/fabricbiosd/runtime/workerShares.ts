import { LONG_MS } from '../../protocol/cellWorkers.ts';
import type { PoolWorker } from './poolWorker.ts';
import type { PoolTask, TaskLoss } from './workerPool.ts';

/**
 * Number of detached workers, for each worker of the pool, from which no further one is replaced.
 */
const ASIDE = 4;

/** A place for a worker, from its start to its end. */
export interface Slot {
  worker: PoolWorker;
  state: 'starting' | 'idle' | 'busy' | 'tidying' | 'ending';
  task: PoolTask | null;
  loss: TaskLoss | null;
  deadline: NodeJS.Timeout | null;
  /** When its task started, by `performance.now()`. */
  startedAt: number;
  /** The worker is deprioritized, for good, and gets no quick task. */
  isBehind: boolean;
  runsLeft: number;
  idleSince: number;
  /** The successor of this one is being started, or is there. */
  replacement: 'none' | 'starting' | 'ready';
  replaces: Slot | null;
}

/**
 * Counts the workers that tasks of each kind have and may have (docs/limits.md, "Neighbours").
 *
 * A task is long once it has run for `LONG_MS`. A worker with a long task, or a deprioritized one,
 * is detached: another worker may take its place.
 */
export class WorkerShares {
  private readonly slots: ReadonlySet<Slot>;
  private readonly size: number;
  private now = 0;

  /** @param size most workers at one time, detached ones aside */
  constructor(slots: ReadonlySet<Slot>, size: number) {
    this.slots = slots;
    this.size = size;
  }

  /** From here on tasks are long or not as of now: none turns long between two questions. */
  look(): void {
    this.now = performance.now();
  }

  isLong({ task, startedAt }: Slot): boolean {
    return task !== null && this.now - startedAt >= LONG_MS;
  }

  isUnderWay(group: number): boolean {
    for (const { task } of this.slots) if (task?.group === group) return true;
    return false;
  }

  /**
   * Says whether a worker is deprioritized. Then tasks that are not quick run only on such workers,
   * and keep the others free for quick tasks.
   */
  get hasBehind(): boolean {
    return this.behind > 0;
  }

  /**
   * Says whether more workers are deprioritized than tasks known to be slow alone explain, so quick
   * tasks must have run long. Some are ended, or quick tasks would find no worker.
   */
  get tooManyBehind(): boolean {
    return this.behind > this.mostSlow;
  }

  get hasSlow(): boolean {
    for (const { task } of this.slots) if (task?.quick === false) return true;
    return false;
  }

  /**
   * Workers that count towards the limit.
   *
   * The first `size` detached ones are free. More of them count, but below `ASIDE * size` they
   * never take the last place: tasks that were quick and turned long come on top of the tasks that
   * were known to be slow.
   */
  get counted(): number {
    let aside = 0;
    let others = 0;
    for (const slot of this.slots) {
      if (slot.state === 'ending' || slot.replacement !== 'none') continue;
      if (this.isAside(slot)) aside++;
      else others++;
    }
    const more = Math.max(0, aside - this.size);
    return others + (aside < ASIDE * this.size ? Math.min(more, this.size - 1) : more);
  }

  /**
   * Number of modules that may be compiled in addition now.
   *
   * Compiling takes all of a processor, and memory. Small modules have one place less than there
   * are workers. Large ones have one place of their own, so that they keep no small one waiting.
   * Compiling always ends, so that waiting modules get their turn.
   */
  roomToCompile(heavy: boolean): number {
    let compiling = 0;
    for (const { task } of this.slots) if (task?.kind === 'compile' && task.heavy === heavy) compiling++;
    return (heavy ? 1 : this.fresh) - compiling;
  }

  /** Number of tasks not known to be quick that may start now. */
  get roomForSlow(): number {
    const { aside, slow } = this.slowTasks();
    return this.fresh - slow - Math.max(0, aside - this.size);
  }

  /** Number of places for such tasks once the running ones are detached. */
  get placesForSlow(): number {
    const { aside, slow } = this.slowTasks();
    return this.mostSlow - aside - slow;
  }

  /** Most tasks that are not quick, detached ones included. */
  private get mostSlow(): number {
    return this.size + this.fresh;
  }

  /** Most of them that are not detached: one worker is kept for quick tasks. */
  private get fresh(): number {
    return Math.max(1, this.size - 1);
  }

  private get behind(): number {
    let behind = 0;
    for (const { isBehind, state } of this.slots) if (isBehind && state !== 'ending') behind++;
    return behind;
  }

  /** Another worker stands in for it. */
  private isAside(slot: Slot): boolean {
    return slot.isBehind || this.isLong(slot);
  }

  private slowTasks(): { aside: number; slow: number } {
    let aside = 0;
    let slow = 0;
    for (const slot of this.slots) {
      if (slot.task === null) continue;
      if (this.isAside(slot)) aside++;
      else if (!slot.task.quick) slow++;
    }
    return { aside, slow };
  }
}
