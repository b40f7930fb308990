import type { DaemonLog } from '../../kit/daemonLog.ts';
import { lowerPriority } from '../../kit/lowerPriority.ts';
import type { FromWorker } from '../boundary/workerMessages.ts';
import {
  type Action,
  decide,
  IDLE_MS,
  idleTooLong,
  LOOKED_THROUGH,
  type Snapshot,
  turnsLongAt,
  type WorkerFacts,
} from './policy.ts';
import type { PoolTask, TaskLoss } from './poolTask.ts';
import { PoolWorker } from './poolWorker.ts';
import { TenantTurns } from './tenantTurns.ts';

export interface PoolOptions {
  /** Most workers at one time, spare ones aside. */
  size: number;
  url: URL;
  memPool: SharedArrayBuffer;
  log: DaemonLog;
  /** Runs after which a worker is replaced. */
  runsPerWorker: number;
}

/** A place for a worker, from its start to its end. */
interface Slot extends WorkerFacts<PoolTask> {
  readonly worker: PoolWorker;
  state: WorkerFacts<PoolTask>['state'];
  task: PoolTask | null;
  loss: TaskLoss | null;
  deadline: NodeJS.Timeout | null;
  startedAt: number;
  lowered: boolean;
  canLower: boolean;
  runsLeft: number;
  idleSince: number;
  replacement: WorkerFacts<PoolTask>['replacement'];
  replaces: Slot | null;
}

/**
 * Runs of a worker without a collector on request, after which it is replaced: the memories of
 * ended runs wait for V8 there.
 */
const RUNS_WITHOUT_COLLECTOR = 1_500;
/** Workers that may fail to start in a row before the tasks that wait are given up. */
const START_FAILURES = 3;

/**
 * Worker threads that take tasks, each one at a time. The first is kept warm.
 *
 * `policy.ts` decides which task a worker gets and when a worker is started, lowered or ended. The
 * pool carries that out.
 *
 * A task past its deadline, or cancelled, is ended by ending its worker. Its loss is reported once
 * the worker is gone. From then on the task touches nothing any more.
 */
export class WorkerPool {
  readonly stats = { started: 0, lost: 0, recycled: 0 };
  readonly #options: PoolOptions;
  readonly #slots = new Set<Slot>();
  readonly #waiting = {
    compile: new TenantTurns<PoolTask>(LOOKED_THROUGH),
    long: new Set<PoolTask>(),
    short: new Set<PoolTask>(),
  };
  /** One object for all decisions: this is on the path of every run. */
  readonly #snapshot: Snapshot<PoolTask, Slot> & { now: number; lastGroup: number };
  #longTimer: NodeJS.Timeout | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #startFailures = 0;
  #hasWarned = false;
  #stopped: (() => void) | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#snapshot = { now: 0, size: options.size, workers: this.#slots, lastGroup: 0, waiting: this.#waiting };
    this.#startWorker(null);
  }

  get workers(): number {
    return this.#slots.size;
  }

  get running(): number {
    let runs = 0;
    for (const { task } of this.#slots) if (task?.kind === 'run') runs++;
    return runs;
  }

  get queued(): number {
    return this.#waiting.long.size + this.#waiting.short.size;
  }

  add(task: PoolTask): void {
    this.#queueOf(task).add(task);
    this.#pump();
  }

  /** Ends a task with the loss `cancelled`; false when it is not here any more. */
  cancel(task: PoolTask): boolean {
    if (this.#queueOf(task).delete(task)) {
      task.lost('cancelled', null, null);
      return true;
    }
    const slot = this.#slotOf(task);
    if (slot === undefined || slot.loss !== null) return false;
    this.#endSlot(slot, 'cancelled');
    return true;
  }

  /**
   * Takes back a task that no worker has yet, without a loss.
   *
   * @returns false for a task that a worker has, which goes on
   */
  withdraw(task: PoolTask): boolean {
    return this.#queueOf(task).delete(task);
  }

  /** The worker a task is in; undefined while it waits. */
  workerOf(task: PoolTask): PoolWorker | undefined {
    return this.#slotOf(task)?.worker;
  }

  /** Ends all workers; every task left is lost as `stopped`. */
  async stop(): Promise<void> {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (this.#longTimer !== null) clearTimeout(this.#longTimer);
    this.#longTimer = null;
    const gone = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    for (const slot of this.#slots) this.#endSlot(slot, 'stopped');
    this.#giveUpWaiting('stopped', null);
    if (this.#slots.size === 0) this.#stopped?.();
    await gone;
  }

  #slotOf(task: PoolTask): Slot | undefined {
    for (const slot of this.#slots) if (slot.task === task) return slot;
    return undefined;
  }

  #queueOf({ kind, short }: PoolTask): Pick<Set<PoolTask>, 'delete'> & { add(task: PoolTask): unknown } {
    const { compile, long, short: shortRuns } = this.#waiting;
    return kind === 'compile' ? compile : short ? shortRuns : long;
  }

  /** Carries out what the policy decides, until it has nothing to do. */
  #pump(): void {
    if (this.#stopped !== null) return;
    this.#snapshot.now = performance.now();
    for (let actions = decide(this.#snapshot); actions.length > 0; actions = decide(this.#snapshot)) {
      for (const action of actions) this.#carryOut(action);
    }
    this.#watchLong();
  }

  #carryOut(action: Action<PoolTask, Slot>): void {
    switch (action.do) {
      case 'give':
        this.#give(action.worker, action.task);
        break;
      case 'start':
        this.#startWorker(null, action.lowered);
        break;
      case 'lower':
        lower(action.worker);
        break;
      case 'end':
        this.#terminate(action.worker, 'stopped');
        break;
    }
  }

  /** Decides again when the next task turns long, while tasks wait. */
  #watchLong(): void {
    const { compile, long, short } = this.#waiting;
    if (this.#longTimer !== null || compile.size + long.size + short.size === 0) return;
    const at = turnsLongAt(this.#snapshot);
    if (at === Number.POSITIVE_INFINITY) return;
    this.#longTimer = setTimeout(
      () => {
        this.#longTimer = null;
        this.#pump();
      },
      Math.max(1, at - performance.now() + 1),
    );
  }

  #give(slot: Slot, task: PoolTask): void {
    if (task.kind === 'compile') this.#waiting.compile.take(task);
    else this.#queueOf(task).delete(task);
    slot.state = 'busy';
    slot.task = task;
    this.#snapshot.lastGroup = task.group;
    slot.startedAt = performance.now();
    slot.deadline = setTimeout(() => this.#endSlot(slot, 'deadline'), task.deadlineMs);
    task.start(slot.worker);
  }

  #startWorker(replaces: Slot | null, lowered = false): void {
    const { url, memPool, runsPerWorker } = this.#options;
    this.stats.started++;
    const worker = new PoolWorker(url, memPool, `grafos-run-${this.stats.started}`, {
      message: (message) => this.#onMessage(slot, message),
      log: (text) => slot.task?.log(text),
      exit: (cause) => this.#onExit(slot, cause),
    });
    const slot: Slot = {
      worker,
      state: 'starting',
      task: null,
      loss: null,
      deadline: null,
      startedAt: 0,
      lowered,
      canLower: true,
      runsLeft: runsPerWorker,
      idleSince: 0,
      replacement: 'none',
      replaces,
    };
    this.#slots.add(slot);
    // Its thread has its name by then, and most of its start is still to come.
    if (lowered) setImmediate(() => lowerPriority(worker.name));
  }

  #onMessage(slot: Slot, message: FromWorker): void {
    // An answer that crossed the end of its worker came too late.
    if (slot.state === 'ending') return;
    switch (message.kind) {
      case 'ready':
        this.#startFailures = 0;
        // A worker that the system did not lower is one like the others.
        if (slot.lowered) lower(slot);
        if (!message.guarded) this.#warnUnguarded();
        if (!message.collects) slot.runsLeft = Math.min(slot.runsLeft, RUNS_WITHOUT_COLLECTOR);
        if (slot.replaces !== null) slot.replaces.replacement = 'ready';
        if (slot.replaces?.state === 'idle') this.#retire(slot.replaces);
        slot.replaces = null;
        this.#idle(slot);
        break;
      case 'tidy':
        this.#idle(slot);
        break;
      case 'compiled':
      case 'ended': {
        const task = takeTask(slot);
        if (task === null) break;
        if (message.kind === 'ended') slot.runsLeft--;
        // The worker is idle before the answer is reported: the answer may lead to a task for this
        // very worker.
        slot.state = message.kind === 'ended' && message.tidying ? 'tidying' : 'idle';
        task.answered(message, slot.worker);
        // Unless the answer has led to a task for this very worker.
        if (slot.task === null && slot.state === 'idle') this.#idle(slot);
        break;
      }
      case 'log':
        break;
    }
  }

  #warnUnguarded(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.log.warn('this Node has no permission model: run workers are kept in by their sealed realm alone');
  }

  #idle(slot: Slot): void {
    if (this.#stopped !== null) return;
    if (slot.replacement === 'ready') {
      this.#retire(slot);
    } else {
      slot.state = 'idle';
      slot.idleSince = performance.now();
      if (slot.runsLeft <= 0 && slot.replacement === 'none') {
        slot.replacement = 'starting';
        this.#startWorker(slot, slot.lowered);
      }
    }
    this.#pump();
    this.#watchIdle();
  }

  #retire(slot: Slot): void {
    this.stats.recycled++;
    this.#endSlot(slot, 'stopped');
  }

  #watchIdle(): void {
    if (this.#idleTimer !== null || this.#slots.size < 2) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = null;
      this.#snapshot.now = performance.now();
      const slot = idleTooLong(this.#snapshot);
      if (slot !== undefined) this.#endSlot(slot, 'stopped');
      this.#watchIdle();
    }, IDLE_MS);
    this.#idleTimer.unref();
  }

  #endSlot(slot: Slot, loss: TaskLoss): void {
    if (slot.state === 'ending') return;
    this.#terminate(slot, loss);
    // Not waiting for the end of the old worker: the next run gets a new one the sooner.
    this.#pump();
  }

  #terminate(slot: Slot, loss: TaskLoss): void {
    slot.state = 'ending';
    slot.loss = loss;
    if (slot.deadline !== null) clearTimeout(slot.deadline);
    slot.deadline = null;
    slot.worker.end();
  }

  #onExit(slot: Slot, cause: string | null): void {
    const { loss } = slot;
    const wasStarting = slot.state === 'starting';
    slot.state = 'ending';
    this.#slots.delete(slot);
    if (slot.replaces !== null) slot.replaces.replacement = 'none';
    const task = takeTask(slot);
    if (loss === null) {
      this.stats.lost++;
      this.#options.log.error(`a run worker was lost: ${cause ?? 'it ended by itself'}`);
    }
    const outOfMemory = cause !== null && /out of memory|memory limit/i.test(cause);
    task?.lost(loss ?? (outOfMemory ? 'out_of_memory' : 'died'), slot.worker, cause);
    if (this.#stopped !== null) {
      if (this.#slots.size === 0) this.#stopped();
      return;
    }
    if (wasStarting && loss === null && ++this.#startFailures >= START_FAILURES) {
      this.#startFailures = 0;
      this.#giveUpWaiting('died', cause);
    } else if (this.#slots.size === 0) {
      this.#startWorker(null);
    }
    this.#pump();
  }

  #giveUpWaiting(loss: TaskLoss, cause: string | null): void {
    const { compile, long, short } = this.#waiting;
    const tasks = [...compile.clear(), ...long, ...short];
    long.clear();
    short.clear();
    for (const task of tasks) task.lost(loss, null, cause);
  }
}

/** Lowers the worker's thread. A system that does not do it is not asked again for this worker. */
function lower(slot: Slot): void {
  slot.lowered = lowerPriority(slot.worker.name);
  slot.canLower = slot.lowered;
}

function takeTask(slot: Slot): PoolTask | null {
  const { task } = slot;
  if (slot.deadline !== null) clearTimeout(slot.deadline);
  slot.deadline = null;
  slot.task = null;
  return task;
}
