import type { DaemonLog } from '../../protocol/daemonLog.ts';
import { PoolWorker } from './poolWorker.ts';
import type { FromWorker } from './workerMessages.ts';

/** Why a task got no answer. `out_of_memory`: it took more JavaScript heap than a worker has. */
export type TaskLoss = 'deadline' | 'cancelled' | 'died' | 'out_of_memory' | 'stopped';

/** A thing for one worker to do. Exactly one of `answered` and `lost` is called, once. */
export interface PoolTask {
  kind: 'run' | 'compile';
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

/** Without a collector on request, the memories of ended runs wait for V8: then a worker must not get old. */
const RUNS_WITHOUT_COLLECTOR = 1_500;
/** Workers beyond the first that had nothing to do for so long are ended, so that an idle cell is small. */
const IDLE_MS = 60_000;
/** Workers that may fail to start in a row before the tasks that wait are given up. */
const START_FAILURES = 3;

interface Slot {
  worker: PoolWorker;
  state: 'starting' | 'idle' | 'busy' | 'tidying' | 'ending';
  task: PoolTask | null;
  loss: TaskLoss | null;
  deadline: NodeJS.Timeout | null;
  runsLeft: number;
  idleSince: number;
  /** The successor of this one is being started, or is there. */
  replacement: 'none' | 'starting' | 'ready';
  replaces: Slot | null;
}

/**
 * Worker threads that take tasks in order, each one at a time. The first is kept warm; more are started when tasks wait. A task past
 * its deadline, or cancelled, is ended by ending its worker, and its loss is told once the worker is gone: from then on the task
 * touches nothing any more.
 */
export class WorkerPool {
  readonly stats = { started: 0, lost: 0, recycled: 0 };
  private readonly options: PoolOptions;
  private readonly slots = new Set<Slot>();
  private readonly waiting: Record<PoolTask['kind'], Set<PoolTask>> = { compile: new Set(), run: new Set() };
  private compiling = 0;
  private startFailures = 0;
  private warned = false;
  private idleTimer: NodeJS.Timeout | null = null;
  private stopped: (() => void) | null = null;

  constructor(options: PoolOptions) {
    this.options = options;
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
    return this.waiting.run.size;
  }

  add(task: PoolTask): void {
    this.waiting[task.kind].add(task);
    this.pump();
  }

  /** Ends a task with the loss `cancelled`; false when it is not here any more. */
  cancel(task: PoolTask): boolean {
    if (this.waiting[task.kind].delete(task)) {
      task.lost('cancelled', null, null);
      return true;
    }
    const slot = this.slotOf(task);
    if (slot === undefined || slot.loss !== null) return false;
    this.endSlot(slot, 'cancelled');
    return true;
  }

  /** The worker a task is in; undefined while it waits. */
  workerOf(task: PoolTask): PoolWorker | undefined {
    return this.slotOf(task)?.worker;
  }

  /** Ends all workers; every task left is lost as `stopped`. */
  async stop(): Promise<void> {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
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

  private pump(): void {
    if (this.stopped !== null) return;
    for (const slot of this.slots) {
      if (slot.state !== 'idle') continue;
      const task = this.next();
      if (task === undefined) return;
      this.give(slot, task);
    }
    const waiting = this.waiting.run.size + (this.mayCompile() ? this.waiting.compile.size : 0);
    let coming = 0;
    let counted = 0;
    for (const { state, replacement } of this.slots) {
      if (state === 'starting') coming++;
      if (state !== 'ending' && replacement === 'none') counted++;
    }
    while (coming < waiting && counted < this.options.size) {
      this.startWorker(null);
      coming++;
      counted++;
    }
  }

  /** One worker is always left to runs, so that a module that is slow to compile does not stand in their way. */
  private mayCompile(): boolean {
    return this.compiling < Math.max(1, this.options.size - 1);
  }

  private next(): PoolTask | undefined {
    const { compile, run } = this.waiting;
    const queue = compile.size > 0 && this.mayCompile() ? compile : run;
    const [task] = queue;
    if (task !== undefined) queue.delete(task);
    return task;
  }

  private give(slot: Slot, task: PoolTask): void {
    slot.state = 'busy';
    slot.task = task;
    if (task.kind === 'compile') this.compiling++;
    slot.deadline = setTimeout(() => this.endSlot(slot, 'deadline'), task.deadlineMs);
    task.start(slot.worker);
  }

  private startWorker(replaces: Slot | null): void {
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
      runsLeft: this.options.runsPerWorker,
      idleSince: 0,
      replacement: 'none',
      replaces,
    };
    this.slots.add(slot);
  }

  private onMessage(slot: Slot, message: FromWorker): void {
    // An answer that crossed the end of its worker came too late.
    if (slot.state === 'ending') return;
    switch (message.kind) {
      case 'ready':
        this.startFailures = 0;
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
        // Idle before the answer is told: what it leads to may go to this very worker.
        slot.state = message.kind === 'ended' && message.tidying ? 'tidying' : 'idle';
        task.answered(message, slot.worker);
        if (slot.state === 'idle') this.idle(slot);
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
    if (task?.kind === 'compile') this.compiling--;
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
        this.startWorker(slot);
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
      for (const slot of this.slots) {
        if (this.slots.size < 2) break;
        if (slot.state === 'idle' && slot.replacement === 'none' && slot.idleSince <= since) {
          this.endSlot(slot, 'stopped');
          break;
        }
      }
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
    for (const queue of [this.waiting.compile, this.waiting.run]) {
      const tasks = [...queue];
      queue.clear();
      for (const task of tasks) task.lost(loss, null, cause);
    }
  }
}
