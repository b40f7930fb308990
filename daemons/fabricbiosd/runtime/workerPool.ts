import { LONG_MS } from '../../protocol/cellWorkers.ts';
import type { DaemonLog } from '../../protocol/daemonLog.ts';
import { putThreadBehind } from '../../protocol/putThreadBehind.ts';
import { PoolWorker } from './poolWorker.ts';
import { TenantTurns } from './tenantTurns.ts';
import type { FromWorker } from './workerMessages.ts';
import { type Slot, WorkerShares } from './workerShares.ts';

/** Why a task got no answer. `out_of_memory`: it took more JavaScript heap than a worker has. */
export type TaskLoss = 'deadline' | 'cancelled' | 'died' | 'out_of_memory' | 'stopped';

/** A thing for one worker to do. Exactly one of `answered` and `lost` is called, once. */
export interface PoolTask {
  kind: 'run' | 'compile';
  /** It is likely to end within `QUICK_MS`: one worker is kept for tasks that do. */
  readonly quick: boolean;
  /** It is known to be long: put behind the others from its beginning. */
  readonly heavy: boolean;
  /**
   * Tasks of different groups take turns: a group with many queued tasks does not block another.
   */
  readonly group: number;
  /** Name of the tenant that it belongs to. */
  readonly tenant: string;
  /** Counted from `start`. */
  deadlineMs: number;
  /** Posts the request. */
  start(worker: PoolWorker): void;
  log(text: string): void;
  answered(answer: FromWorker, worker: PoolWorker): void;
  /** The worker is gone, or null when the task never had one. `cause` is for the log. */
  lost(loss: TaskLoss, worker: PoolWorker | null, cause: string | null): void;
}

export interface PoolOptions {
  /** Most workers at one time. */
  size: number;
  url: URL;
  memPool: SharedArrayBuffer;
  log: DaemonLog;
  /** Runs after which a worker is replaced. */
  runsPerWorker: number;
}

/** Tasks among which one is looked for whose group no worker has. */
const LOOKED_THROUGH = 64;

/**
 * Runs of a worker without a collector on request, after which it is replaced: the memories of
 * ended runs wait for V8 there.
 */
const RUNS_WITHOUT_COLLECTOR = 1_500;
/**
 * Idle time after which workers beyond the first are ended, milliseconds, so that an idle cell is
 * small.
 */
const IDLE_MS = 60_000;
/** Workers that may fail to start in a row before the tasks that wait are given up. */
const START_FAILURES = 3;

/**
 * Worker threads that take tasks in order, each one at a time. The first is kept warm. More are
 * started when tasks wait.
 *
 * Tasks that are not known to be quick get all workers but one (docs/limits.md, "Neighbours"). The
 * worker of a task that turns out long is deprioritized where the system can do that, and another
 * worker is started in its place, as often as there are workers. While there is a deprioritized
 * worker, tasks that are not quick run only on deprioritized workers; a new one may be started as
 * such.
 *
 * A task past its deadline, or cancelled, is ended by ending its worker. Its loss is reported once
 * the worker is gone. From then on the task touches nothing any more.
 */
export class WorkerPool {
  readonly stats = { started: 0, lost: 0, recycled: 0 };
  private readonly options: PoolOptions;
  private readonly slots = new Set<Slot>();
  private readonly shares: WorkerShares;
  private readonly waiting = {
    compile: new TenantTurns<PoolTask>(LOOKED_THROUGH),
    slow: new Set<PoolTask>(),
    quick: new Set<PoolTask>(),
  };
  /** Group of the task that was given last. */
  private lastGroup = 0;
  private longTimer: NodeJS.Timeout | null = null;
  private startFailures = 0;
  private warned = false;
  private idleTimer: NodeJS.Timeout | null = null;
  private stopped: (() => void) | null = null;

  constructor(options: PoolOptions) {
    this.options = options;
    this.shares = new WorkerShares(this.slots, options.size);
    this.startWorker(null);
  }

  get workers(): number {
    return this.slots.size;
  }

  get running(): number {
    let runs = 0;
    for (const { task } of this.slots) if (task?.kind === 'run') runs++;
    return runs;
  }

  get queued(): number {
    return this.waiting.slow.size + this.waiting.quick.size;
  }

  add(task: PoolTask): void {
    this.queueOf(task).add(task);
    this.pump();
  }

  /** Ends a task with the loss `cancelled`; false when it is not here any more. */
  cancel(task: PoolTask): boolean {
    if (this.queueOf(task).delete(task)) {
      task.lost('cancelled', null, null);
      return true;
    }
    const slot = this.slotOf(task);
    if (slot === undefined || slot.loss !== null) return false;
    this.endSlot(slot, 'cancelled');
    return true;
  }

  /**
   * Takes back a task that no worker has yet, without a loss.
   *
   * @returns false for a task that a worker has, which goes on
   */
  withdraw(task: PoolTask): boolean {
    return this.queueOf(task).delete(task);
  }

  /** The worker a task is in; undefined while it waits. */
  workerOf(task: PoolTask): PoolWorker | undefined {
    return this.slotOf(task)?.worker;
  }

  /** Ends all workers; every task left is lost as `stopped`. */
  async stop(): Promise<void> {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
    if (this.longTimer !== null) clearTimeout(this.longTimer);
    this.longTimer = null;
    const gone = new Promise<void>((resolve) => {
      this.stopped = resolve;
    });
    for (const slot of this.slots) this.endSlot(slot, 'stopped');
    this.giveUpWaiting('stopped', null);
    if (this.slots.size === 0) this.stopped?.();
    await gone;
  }

  private slotOf(task: PoolTask): Slot | undefined {
    for (const slot of this.slots) if (slot.task === task) return slot;
    return undefined;
  }

  private queueOf({ kind, quick }: PoolTask): Pick<Set<PoolTask>, 'delete'> & { add(task: PoolTask): unknown } {
    return kind === 'compile' ? this.waiting.compile : quick ? this.waiting.quick : this.waiting.slow;
  }

  private pump(): void {
    if (this.stopped !== null) return;
    this.shares.look();
    for (const slot of this.slots) if (slot.isBehind && slot.state === 'idle') this.goOnBehind(slot);
    let idle = 0;
    for (const { state, isBehind } of this.slots) if (state === 'idle' && !isBehind) idle++;
    for (const slot of this.slots) {
      if (slot.state !== 'idle' || slot.isBehind) continue;
      const task = this.next(idle--);
      if (task === undefined) break;
      this.give(slot, task);
    }
    const { compile, slow, quick } = this.waiting;
    if (compile.size + slow.size + quick.size === 0) return;
    this.putLongBehind();
    const mayStart = slow.size + (this.nextCompile() === undefined ? 0 : 1);
    const forSlow = this.nextSlow() === undefined ? 0 : Math.min(mayStart, this.shares.roomForSlow);
    const hasBehind = this.shares.hasBehind;
    const coming = { front: 0, behind: 0 };
    for (const { state, isBehind } of this.slots) if (state === 'starting') coming[isBehind ? 'behind' : 'front']++;
    if (hasBehind) for (; coming.behind < forSlow; coming.behind++) this.startWorker(null, true);
    const wanted = quick.size + (hasBehind ? 0 : forSlow);
    for (
      let counted = this.shares.counted;
      coming.front < wanted && counted < this.options.size;
      counted++, coming.front++
    ) {
      this.startWorker(null);
    }
    this.watchLong();
  }

  private next(idle: number): PoolTask | undefined {
    const slow = this.shares.hasBehind ? undefined : this.nextSlow();
    // The last idle worker waits for quick tasks while another task may take long already.
    const room = this.shares.roomForSlow > 0 && (idle > 1 || !this.shares.hasSlow);
    return slow !== undefined && room ? slow : this.nextQuick();
  }

  private goOnBehind(slot: Slot): void {
    if (this.shares.tooManyBehind) {
      this.endSlot(slot, 'stopped');
      return;
    }
    const task = this.nextSlow();
    if (task !== undefined) this.give(slot, task);
  }

  private nextSlow(): PoolTask | undefined {
    const { slow } = this.waiting;
    const places = this.shares.placesForSlow;
    if (places <= 0) return undefined;
    const toCompile = this.nextCompile();
    if (toCompile !== undefined) return toCompile;
    if (places > 1) return first(slow);
    // The last place is for a module without a run. Otherwise the long runs of one module would
    // keep all others from their first run.
    let looked = 0;
    for (const task of slow) {
      if (looked++ === LOOKED_THROUGH) break;
      if (!this.shares.isUnderWay(task.group)) return task;
    }
    return undefined;
  }

  /** The next module to compile, of the tenant whose last turn is longest ago. */
  private nextCompile(): PoolTask | undefined {
    const room = { heavy: this.shares.roomToCompile(true), light: this.shares.roomToCompile(false) };
    if (room.heavy <= 0 && room.light <= 0) return undefined;
    return this.waiting.compile.next(({ heavy }) => (heavy ? room.heavy : room.light) > 0);
  }

  /**
   * The quick task that waits longest of the groups without a task under way, or else the one that
   * waits longest of all. Many tasks of one group do not hold up the only one of another.
   */
  private nextQuick(): PoolTask | undefined {
    const { quick } = this.waiting;
    if (quick.size < 2) return first(quick);
    let looked = 0;
    for (const task of quick) {
      if (looked++ === LOOKED_THROUGH) break;
      if (!this.isAt(task.group)) return task;
    }
    return first(quick);
  }

  private isAt(group: number): boolean {
    return group === this.lastGroup || this.shares.isUnderWay(group);
  }

  private putLongBehind(): void {
    for (const slot of this.slots) {
      if (!slot.isBehind && this.shares.isLong(slot)) slot.isBehind = putThreadBehind(slot.worker.name);
    }
  }

  /** While tasks wait: looks again when the next task turns long. */
  private watchLong(): void {
    if (this.longTimer !== null) return;
    let oldest = Number.POSITIVE_INFINITY;
    for (const slot of this.slots) {
      if (slot.task !== null && !this.shares.isLong(slot)) oldest = Math.min(oldest, slot.startedAt);
    }
    if (oldest === Number.POSITIVE_INFINITY) return;
    this.longTimer = setTimeout(
      () => {
        this.longTimer = null;
        this.pump();
      },
      Math.max(1, oldest + LONG_MS - performance.now() + 1),
    );
  }

  private give(slot: Slot, task: PoolTask): void {
    if (task.kind === 'compile') this.waiting.compile.take(task);
    else this.queueOf(task).delete(task);
    slot.state = 'busy';
    slot.task = task;
    this.lastGroup = task.group;
    slot.startedAt = performance.now();
    slot.deadline = setTimeout(() => this.endSlot(slot, 'deadline'), task.deadlineMs);
    if (task.heavy && !slot.isBehind) slot.isBehind = putThreadBehind(slot.worker.name);
    task.start(slot.worker);
    this.putLongBehind();
  }

  private startWorker(replaces: Slot | null, behind = false): void {
    const { url, memPool } = this.options;
    this.stats.started++;
    const worker = new PoolWorker(url, memPool, `grafos-run-${this.stats.started}`, {
      message: (message) => this.onMessage(slot, message),
      log: (text) => slot.task?.log(text),
      exit: (cause) => this.onExit(slot, cause),
    });
    const slot: Slot = {
      worker,
      state: 'starting',
      task: null,
      loss: null,
      deadline: null,
      startedAt: 0,
      isBehind: behind,
      runsLeft: this.options.runsPerWorker,
      idleSince: 0,
      replacement: 'none',
      replaces,
    };
    this.slots.add(slot);
    // Its thread has its name by then, and most of its start before it.
    if (behind) setImmediate(() => putThreadBehind(worker.name));
  }

  private onMessage(slot: Slot, message: FromWorker): void {
    // An answer that crossed the end of its worker came too late.
    if (slot.state === 'ending') return;
    switch (message.kind) {
      case 'ready':
        this.startFailures = 0;
        // Where the system cannot do that it is a worker like the others.
        if (slot.isBehind) slot.isBehind = putThreadBehind(slot.worker.name);
        if (!message.guarded) this.warnUnguarded();
        if (!message.collects) slot.runsLeft = Math.min(slot.runsLeft, RUNS_WITHOUT_COLLECTOR);
        if (slot.replaces !== null) slot.replaces.replacement = 'ready';
        if (slot.replaces?.state === 'idle') this.retire(slot.replaces);
        slot.replaces = null;
        this.idle(slot);
        break;
      case 'tidy':
        this.idle(slot);
        break;
      case 'compiled':
      case 'ended': {
        const task = this.takeTask(slot);
        if (task === null) break;
        if (message.kind === 'ended') slot.runsLeft--;
        // The worker is idle before the answer is reported: the answer may lead to a task for this
        // very worker.
        slot.state = message.kind === 'ended' && message.tidying ? 'tidying' : 'idle';
        task.answered(message, slot.worker);
        // Unless the answer has led to a task for this very worker.
        if (slot.task === null && slot.state === 'idle') this.idle(slot);
        break;
      }
      case 'log':
        break;
    }
  }

  private warnUnguarded(): void {
    if (this.warned) return;
    this.warned = true;
    this.options.log.warn('this Node has no permission model: run workers are kept in by their sealed realm alone');
  }

  private takeTask(slot: Slot): PoolTask | null {
    const { task } = slot;
    if (slot.deadline !== null) clearTimeout(slot.deadline);
    slot.deadline = null;
    slot.task = null;
    return task;
  }

  private idle(slot: Slot): void {
    if (this.stopped !== null) return;
    if (slot.replacement === 'ready') {
      this.retire(slot);
    } else {
      slot.state = 'idle';
      slot.idleSince = performance.now();
      if (slot.runsLeft <= 0 && slot.replacement === 'none') {
        slot.replacement = 'starting';
        this.startWorker(slot, slot.isBehind);
      }
    }
    this.pump();
    this.watchIdle();
  }

  private retire(slot: Slot): void {
    this.stats.recycled++;
    this.endSlot(slot, 'stopped');
  }

  private watchIdle(): void {
    if (this.idleTimer !== null || this.slots.size < 2) return;
    this.idleTimer = setTimeout(() => {
      this.idleTimer = null;
      const since = performance.now() - IDLE_MS;
      const idle = [...this.slots].filter(
        ({ state, replacement, idleSince }) => state === 'idle' && replacement === 'none' && idleSince <= since,
      );
      const one = idle.find(({ isBehind }) => isBehind) ?? idle[0];
      if (one !== undefined && this.slots.size > 1) this.endSlot(one, 'stopped');
      this.watchIdle();
    }, IDLE_MS);
    this.idleTimer.unref();
  }

  private endSlot(slot: Slot, loss: TaskLoss): void {
    if (slot.state === 'ending') return;
    slot.state = 'ending';
    slot.loss = loss;
    if (slot.deadline !== null) clearTimeout(slot.deadline);
    slot.deadline = null;
    slot.worker.end();
    // Not waiting for the end of the old worker: the next run gets a new one the sooner.
    this.pump();
  }

  private onExit(slot: Slot, cause: string | null): void {
    const asked = slot.loss;
    const starting = slot.state === 'starting';
    slot.state = 'ending';
    this.slots.delete(slot);
    if (slot.replaces !== null) slot.replaces.replacement = 'none';
    const task = this.takeTask(slot);
    if (asked === null) {
      this.stats.lost++;
      this.options.log.error(`a run worker was lost: ${cause ?? 'it ended by itself'}`);
    }
    const outOfMemory = cause !== null && /out of memory|memory limit/i.test(cause);
    task?.lost(asked ?? (outOfMemory ? 'out_of_memory' : 'died'), slot.worker, cause);
    if (this.stopped !== null) {
      if (this.slots.size === 0) this.stopped();
      return;
    }
    if (starting && asked === null && ++this.startFailures >= START_FAILURES) {
      this.startFailures = 0;
      this.giveUpWaiting('died', cause);
    } else if (this.slots.size === 0) {
      this.startWorker(null);
    }
    this.pump();
  }

  private giveUpWaiting(loss: TaskLoss, cause: string | null): void {
    const { compile, slow, quick } = this.waiting;
    const tasks = [...compile.clear(), ...slow, ...quick];
    slow.clear();
    quick.clear();
    for (const task of tasks) task.lost(loss, null, cause);
  }
}

function first(queue: Set<PoolTask>): PoolTask | undefined {
  const [task] = queue;
  return task;
}
