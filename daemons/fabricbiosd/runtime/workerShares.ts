import { LONG_MS } from '../../protocol/cellWorkers.ts';
import type { PoolWorker } from './poolWorker.ts';
import type { PoolTask, TaskLoss } from './workerPool.ts';

/** Workers put aside, for each that there may be, at which no other is started in their place. */
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
  /** It is behind the others, for good, and gets no quick task. */
  isBehind: boolean;
  runsLeft: number;
  idleSince: number;
  /** The successor of this one is being started, or is there. */
  replacement: 'none' | 'starting' | 'ready';
  replaces: Slot | null;
}

/** How many workers of a pool tasks of each kind have, and may have (docs/limits.md, "Neighbours"). */
export class WorkerShares {
  private readonly slots: ReadonlySet<Slot>;
  private readonly size: number;
  private now = 0;

  /** @param size most workers at one time, but for those put aside */
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

  /** Then tasks that are not quick go there, and the others spoil no worker that quick ones could have. */
  get hasBehind(): boolean {
    return this.behind > 0;
  }

  /** More are behind than tasks of which it was known could bring there: quick ones turned long. If all were kept, quick ones might find none. */
  get tooManyBehind(): boolean {
    return this.behind > this.mostSlow;
  }

  get hasSlow(): boolean {
    for (const { task } of this.slots) if (task?.quick === false) return true;
    return false;
  }

  /**
   * Workers that are not to be replaced; of those put aside, as many as there may be workers do not count. And up to {@link ASIDE} times as many leave
   * room for one: tasks that were quick and turned long come on top of those that nobody took for quick.
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
   * How many more modules may be compiled now. Compiling takes all of a processor, and memory: small modules have
   * one place less than there are workers. Large ones have one place of their own, so that they keep no small one
   * waiting. Compiling always ends, so that those that wait get their turn.
   */
  roomToCompile(heavy: boolean): number {
    let compiling = 0;
    for (const { task } of this.slots) if (task?.kind === 'compile' && task.heavy === heavy) compiling++;
    return (heavy ? 1 : this.fresh) - compiling;
  }

  /** How many more tasks may start that are not known to be quick. */
  get roomForSlow(): number {
    const { aside, slow } = this.slowTasks();
    return this.fresh - slow - Math.max(0, aside - this.size);
  }

  /** How many more there may be once those that run have been put aside. */
  get placesForSlow(): number {
    const { aside, slow } = this.slowTasks();
    return this.mostSlow - aside - slow;
  }

  /** Tasks that are not quick, put aside or not. */
  private get mostSlow(): number {
    return this.size + this.fresh;
  }

  /** Of these not put aside yet, at most: one worker is kept for quick ones. */
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
