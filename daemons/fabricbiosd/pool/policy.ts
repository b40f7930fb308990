/**
 * Decides which task a worker gets, and when a worker is started, lowered or ended.
 *
 * The rules are in docs/reference/limits.md, "Neighbours", and use five words:
 *
 * - **short**: a task that is expected to end within {@link SHORT_MS}, because its module's last
 *   run did.
 * - **long**: any other task, and a short one from the moment it has run for {@link LONG_MS}.
 * - **lowered**: a worker whose thread has a lower priority, for good. It gets long tasks only.
 * - **spare**: a worker that is lowered, or whose task has run for {@link LONG_MS}. The pool does
 *   without it: another worker may take its place.
 * - **starting**: a worker that cannot take a task yet.
 */

/** A module whose last run took less is one of short runs, milliseconds. */
export const SHORT_MS = 10;

/** A task that has run for this time is long, milliseconds. */
export const LONG_MS = 50;

/**
 * Idle time after which workers beyond the first are ended, milliseconds, so that an idle cell is
 * small.
 */
export const IDLE_MS = 60_000;

/** Waiting tasks among which one is looked for whose group no worker has. */
export const LOOKED_THROUGH = 64;

/** Number of spare workers, for each worker of the pool, from which no further one is replaced. */
const SPARE_MAX = 4;

/** The facts of a task that the rules go by. */
export interface TaskFacts {
  readonly kind: 'run' | 'compile';
  /** It is expected to be short. */
  readonly short: boolean;
  /** It is known to take a processor for long: its worker is lowered before it begins. */
  readonly heavy: boolean;
  /** Tasks of different groups take turns, so that one group does not block another. */
  readonly group: number;
}

/** The facts of a worker that the rules go by. */
export interface WorkerFacts<Task> {
  readonly state: 'starting' | 'idle' | 'busy' | 'tidying' | 'ending';
  readonly task: Task | null;
  /** Time when its task started, milliseconds on the clock of {@link Snapshot.now}. */
  readonly startedAt: number;
  readonly lowered: boolean;
  /** False once the system did not lower its thread. */
  readonly canLower: boolean;
  /** The state of the worker that is to take over from this one. */
  readonly replacement: 'none' | 'starting' | 'ready';
  /** Time since when it has been idle, milliseconds on the same clock. */
  readonly idleSince: number;
}

/** Everything that a decision follows from. */
export interface Snapshot<Task extends TaskFacts, Worker extends WorkerFacts<Task>> {
  /** Milliseconds. No task turns long while a decision is made. */
  readonly now: number;
  /** Most workers at one time, spare ones aside. */
  readonly size: number;
  readonly workers: ReadonlySet<Worker>;
  /** Group of the task that was given last. */
  readonly lastGroup: number;
  readonly waiting: {
    /** Modules to compile, in the order of their tenants' turns. */
    readonly compile: { readonly size: number; next(fits: (task: Task) => boolean): Task | undefined };
    /** Runs that are not expected to be short, oldest first. */
    readonly long: ReadonlySet<Task>;
    /** Runs that are expected to be short, oldest first. */
    readonly short: ReadonlySet<Task>;
  };
}

export type Action<Task, Worker> =
  | { do: 'give'; worker: Worker; task: Task }
  | { do: 'start'; lowered: boolean }
  | { do: 'lower'; worker: Worker }
  | { do: 'end'; worker: Worker };

/** Numbers of one snapshot. */
interface Tally {
  /** Tasks that spare workers have. */
  spareTasks: number;
  /** Tasks that other workers have and that are not expected to be short. */
  longTasks: number;
  /** A task has begun that is not expected to be short. */
  hasLong: boolean;
  /** Modules being compiled. */
  heavyCompiles: number;
  lightCompiles: number;
  /** Lowered workers that go on. */
  lowered: number;
  /** Workers that count towards the limit: spare ones, and the others. */
  spare: number;
  others: number;
  /** Idle workers that are not lowered. */
  idle: number;
  startingLowered: number;
  startingOthers: number;
}

/**
 * Decides the next step. The step after it is decided from the snapshot that this one leads to; an
 * empty list says that nothing is left to do.
 */
export function decide<Task extends TaskFacts, Worker extends WorkerFacts<Task>>(
  snapshot: Snapshot<Task, Worker>,
): ReadonlyArray<Action<Task, Worker>> {
  const { compile, long, short } = snapshot.waiting;
  const isWaiting = compile.size + long.size + short.size > 0;
  const tally = count(snapshot);
  for (const worker of snapshot.workers) {
    if (!worker.lowered || worker.state !== 'idle') continue;
    // Short tasks that turned long have lowered more workers than long tasks may have. Short tasks
    // would find no worker if all were kept.
    if (tally.lowered > mostLong(snapshot.size)) return [{ do: 'end', worker }];
    const task = isWaiting ? nextLong(snapshot, tally) : undefined;
    if (task !== undefined) return give(snapshot, worker, task);
  }
  if (!isWaiting) return [];
  if (tally.idle > 0) {
    const task = next(snapshot, tally);
    if (task !== undefined) {
      for (const worker of snapshot.workers) {
        if (worker.state === 'idle' && !worker.lowered) return give(snapshot, worker, task);
      }
    }
  }
  const lowering = lowerLong(snapshot, []);
  return lowering.length > 0 ? lowering : start(snapshot, tally);
}

/** The time when the next task turns long, on the snapshot's clock; infinite when none will. */
export function turnsLongAt<Task>({
  workers,
  now,
}: {
  readonly workers: Iterable<WorkerFacts<Task>>;
  readonly now: number;
}): number {
  let first = Number.POSITIVE_INFINITY;
  for (const worker of workers) {
    if (worker.task !== null && !hasRunLong(worker, now)) first = Math.min(first, worker.startedAt + LONG_MS);
  }
  return first;
}

/** A worker to end because it was idle for {@link IDLE_MS}, lowered ones first. One stays. */
export function idleTooLong<Worker extends WorkerFacts<unknown>>({
  workers,
  now,
}: {
  readonly workers: ReadonlySet<Worker>;
  readonly now: number;
}): Worker | undefined {
  if (workers.size < 2) return undefined;
  let found: Worker | undefined;
  for (const worker of workers) {
    const { state, replacement, idleSince, lowered } = worker;
    if (state !== 'idle' || replacement !== 'none' || idleSince > now - IDLE_MS) continue;
    if (found === undefined || (lowered && !found.lowered)) found = worker;
  }
  return found;
}

/** Most long tasks in workers that are not spare: one worker is kept for short tasks. */
function longAtOnce(size: number): number {
  return Math.max(1, size - 1);
}

/** Most long tasks, those of spare workers included. */
function mostLong(size: number): number {
  return size + longAtOnce(size);
}

function hasRunLong(worker: WorkerFacts<unknown>, now: number): boolean {
  return worker.task !== null && now - worker.startedAt >= LONG_MS;
}

function count<Task extends TaskFacts>(snapshot: Snapshot<Task, WorkerFacts<Task>>): Tally {
  const tally: Tally = {
    spareTasks: 0,
    longTasks: 0,
    hasLong: false,
    heavyCompiles: 0,
    lightCompiles: 0,
    lowered: 0,
    spare: 0,
    others: 0,
    idle: 0,
    startingLowered: 0,
    startingOthers: 0,
  };
  for (const worker of snapshot.workers) {
    const { state, task, lowered } = worker;
    const isSpare = lowered || hasRunLong(worker, snapshot.now);
    if (task !== null) countTask(tally, task, isSpare);
    if (lowered && state !== 'ending') tally.lowered++;
    if (state !== 'ending' && worker.replacement === 'none') {
      if (isSpare) tally.spare++;
      else tally.others++;
    }
    if (state === 'idle' && !lowered) tally.idle++;
    if (state === 'starting' && lowered) tally.startingLowered++;
    else if (state === 'starting') tally.startingOthers++;
  }
  return tally;
}

function countTask(tally: Tally, { kind, short, heavy }: TaskFacts, isSpare: boolean): void {
  if (isSpare) tally.spareTasks++;
  else if (!short) tally.longTasks++;
  if (!short) tally.hasLong = true;
  if (kind !== 'compile') return;
  if (heavy) tally.heavyCompiles++;
  else tally.lightCompiles++;
}

/** Long tasks that may begin now in workers that are not lowered. */
function roomForLong(size: number, { spareTasks, longTasks }: Tally): number {
  return longAtOnce(size) - longTasks - Math.max(0, spareTasks - size);
}

/**
 * Workers that count towards the limit.
 *
 * The first `size` spare ones are free. More of them count, but below `SPARE_MAX * size` they never
 * take the last place: short tasks that turned long come on top of the long ones.
 */
function counted(size: number, { spare, others }: Tally): number {
  const more = Math.max(0, spare - size);
  return others + (spare < SPARE_MAX * size ? Math.min(more, size - 1) : more);
}

/** The task for the next idle worker that is not lowered. */
function next<Task extends TaskFacts>(snapshot: Snapshot<Task, WorkerFacts<Task>>, tally: Tally): Task | undefined {
  // While there is a lowered worker, long tasks run only on lowered ones. The last idle worker
  // waits for short tasks while a long one has begun.
  const mayBeLong = tally.lowered === 0 && roomForLong(snapshot.size, tally) > 0 && (tally.idle > 1 || !tally.hasLong);
  return (mayBeLong ? nextLong(snapshot, tally) : undefined) ?? nextShort(snapshot);
}

/** The long task that is next, while long tasks have a place. */
function nextLong<Task extends TaskFacts>(snapshot: Snapshot<Task, WorkerFacts<Task>>, tally: Tally): Task | undefined {
  const places = mostLong(snapshot.size) - tally.spareTasks - tally.longTasks;
  if (places <= 0) return undefined;
  const toCompile = nextCompile(snapshot, tally);
  if (toCompile !== undefined) return toCompile;
  const { long } = snapshot.waiting;
  if (places > 1) return first(long);
  // The last place is for a module without a run. Otherwise the long runs of one module would keep
  // all others from their first run.
  return firstThat(long, (task) => !isUnderWay(snapshot, task.group));
}

/**
 * The next module to compile, of the tenant whose last turn is longest ago.
 *
 * Compiling takes all of a processor, and memory. Small modules have one place less than there are
 * workers. Large ones have one place of their own, so that they keep no small one waiting.
 * Compiling always ends, so that waiting modules get their turn.
 */
function nextCompile<Task extends TaskFacts>(
  { size, waiting: { compile } }: Snapshot<Task, WorkerFacts<Task>>,
  { heavyCompiles, lightCompiles }: Tally,
): Task | undefined {
  if (compile.size === 0) return undefined;
  const mayHeavy = heavyCompiles < 1;
  const mayLight = lightCompiles < longAtOnce(size);
  if (!mayHeavy && !mayLight) return undefined;
  return compile.next(({ heavy }) => (heavy ? mayHeavy : mayLight));
}

/**
 * The short task that waits longest of the groups that no worker has and that did not come last, or
 * else the one that waits longest. Many tasks of one group do not hold up the only one of another.
 */
function nextShort<Task extends TaskFacts>(snapshot: Snapshot<Task, WorkerFacts<Task>>): Task | undefined {
  const { short } = snapshot.waiting;
  if (short.size < 2) return first(short);
  const { lastGroup } = snapshot;
  return firstThat(short, ({ group }) => group !== lastGroup && !isUnderWay(snapshot, group)) ?? first(short);
}

function isUnderWay({ workers }: Snapshot<TaskFacts, WorkerFacts<TaskFacts>>, group: number): boolean {
  for (const { task } of workers) if (task?.group === group) return true;
  return false;
}

function give<Task extends TaskFacts, Worker extends WorkerFacts<Task>>(
  snapshot: Snapshot<Task, Worker>,
  worker: Worker,
  task: Task,
): Array<Action<Task, Worker>> {
  const isLowered = task.heavy && !worker.lowered && worker.canLower;
  const actions: Array<Action<Task, Worker>> = isLowered ? [{ do: 'lower', worker }] : [];
  actions.push({ do: 'give', worker, task });
  return lowerLong(snapshot, actions);
}

/** Lowers the workers whose tasks have turned long, because another task wants a processor. */
function lowerLong<Task extends TaskFacts, Worker extends WorkerFacts<Task>>(
  { workers, now }: Snapshot<Task, Worker>,
  actions: Array<Action<Task, Worker>>,
): Array<Action<Task, Worker>> {
  for (const worker of workers) {
    if (worker.lowered || !worker.canLower || worker.state === 'ending') continue;
    if (hasRunLong(worker, now)) actions.push({ do: 'lower', worker });
  }
  return actions;
}

/** Starts workers for the tasks that wait, lowered ones first. */
function start<Task extends TaskFacts, Worker>(
  snapshot: Snapshot<Task, WorkerFacts<Task>>,
  tally: Tally,
): Array<Action<Task, Worker>> {
  const { size, waiting } = snapshot;
  const mayStart = waiting.long.size + (nextCompile(snapshot, tally) === undefined ? 0 : 1);
  const room = Math.max(0, roomForLong(size, tally));
  const forLong = nextLong(snapshot, tally) === undefined ? 0 : Math.min(mayStart, room);
  const hasLowered = tally.lowered > 0;
  if (hasLowered && tally.startingLowered < forLong) {
    return Array.from({ length: forLong - tally.startingLowered }, () => ({ do: 'start', lowered: true }));
  }
  const wanted = waiting.short.size + (hasLowered ? 0 : forLong) - tally.startingOthers;
  const length = Math.max(0, Math.min(wanted, size - counted(size, tally)));
  return Array.from({ length }, () => ({ do: 'start', lowered: false }));
}

function first<Task>(tasks: Iterable<Task>): Task | undefined {
  const [task] = tasks;
  return task;
}

function firstThat<Task>(tasks: Iterable<Task>, fits: (task: Task) => boolean): Task | undefined {
  let looked = 0;
  for (const task of tasks) {
    if (looked++ === LOOKED_THROUGH) return undefined;
    if (fits(task)) return task;
  }
  return undefined;
}
