/** Decides which waiting run goes to the cell next (docs/adr/0019-turns-at-the-scheduler.md). */
import { defaultWorkers, LONG_MS, QUICK_MS } from '../../protocol/cellWorkers.ts';

/** Work of the two daemons for any run, milliseconds. */
const RUN_MS = 1;

/** Weight of the last run in a module's average. */
const NEWEST = 0.25;

/**
 * Runs of quick modules under way at one time where modules compete: the default number of workers
 * of a cell on this machine.
 */
const QUICK_TURNS = defaultWorkers();

/** And of others, as long as they have their turn: one worker is kept for quick ones. */
const OTHER_TURNS = QUICK_TURNS - 1;

/**
 * Modules compete when runs of more than one came within this time, milliseconds. Otherwise there
 * is no module to hold a run back for.
 */
const COMPETING_MS = 100;

/** Modules whose figures are kept; the one not asked for longest goes first. */
const MODULES_MAX = 4_096;

export interface RunTurn {
  /** Resolves when it begins: true, or false when it was given up. */
  begun: Promise<boolean>;
  /** False when it has begun. */
  giveUp(): boolean;
  /** @param ms what the run took in its worker; undefined when that is not known */
  end(ms?: number): void;
}

/** One share of the time, for any number of runs: one module, or all new modules together. */
interface Share {
  /** The virtual time up to which its runs are counted. */
  served: number;
}

interface Module {
  /** Average time of its runs, milliseconds; undefined before the first ended. */
  averageMs: number | undefined;
  waiting: number;
  lane: Lane;
  /** The share of the lane's turns that it uses. */
  share: Share;
}

interface Waiting {
  /** Virtual time of its beginning. */
  start: number;
  begin(mayRun: boolean): void;
}

/**
 * The turns of one sort of runs. A bounded number is under way at one time, and the share that has
 * had least is next.
 */
class Lane {
  readonly fresh: Share = { served: 0 };
  private readonly competing: () => boolean;
  private readonly turns: number;
  private begun = 0;
  /** Virtual: that of the last turn that began. Who was away has no claim to what went by. */
  private now = 0;
  private readonly queue = new Set<Waiting>();

  constructor(competing: () => boolean, turns: number) {
    this.competing = competing;
    this.turns = turns;
  }

  add(begin: Waiting['begin'], share: Share, ms: number): Waiting {
    const start = Math.max(this.now, share.served);
    share.served = start + RUN_MS + Math.min(ms, LONG_MS);
    const waiting = { start, begin };
    this.queue.add(waiting);
    return waiting;
  }

  remove(waiting: Waiting): boolean {
    return this.queue.delete(waiting);
  }

  giveBack(): void {
    this.begun--;
    this.next();
  }

  next(): void {
    while (this.begun < this.turns || !this.competing()) {
      let first: Waiting | undefined;
      for (const waiting of this.queue) if (first === undefined || waiting.start < first.start) first = waiting;
      if (first === undefined) return;
      this.queue.delete(first);
      this.begun++;
      this.now = Math.max(this.now, first.start);
      first.begin(true);
    }
  }
}

/**
 * Bounds the number of runs under way in the daemons.
 *
 * The others wait, and the modules among them share by time (start-time fair queueing). So a client
 * that asks for many runs waits for itself. Runs of one module begin in the order they came.
 */
export class RunTurns {
  private readonly quick: Lane;
  private readonly others: Lane;
  private readonly modules = new Map<string, Module>();

  private last: Module | undefined;
  private competedAt = Number.NEGATIVE_INFINITY;

  constructor() {
    const competing = () => performance.now() - this.competedAt < COMPETING_MS;
    this.quick = new Lane(competing, QUICK_TURNS);
    this.others = new Lane(competing, OTHER_TURNS);
  }

  take(sha256: string): RunTurn {
    const module = this.moduleOf(sha256);
    if (this.last !== undefined && this.last !== module) this.competedAt = performance.now();
    this.last = module;
    // While runs of the module wait, the next run waits after them, even if the module has become
    // known since.
    if (module.waiting === 0) this.assign(module);
    const { lane, share, averageMs = LONG_MS } = module;
    const { promise: begun, resolve } = Promise.withResolvers<boolean>();
    let state: 'waiting' | 'begun' | 'over' = 'waiting';
    let timer: NodeJS.Timeout | undefined;
    const begin = (mayRun: boolean): void => {
      module.waiting--;
      state = mayRun ? 'begun' : 'over';
      if (mayRun) timer = setTimeout(giveBack, LONG_MS);
      resolve(mayRun);
    };
    const giveBack = (): void => {
      if (state !== 'begun') return;
      state = 'over';
      clearTimeout(timer);
      lane.giveBack();
    };
    module.waiting++;
    const waiting = lane.add(begin, share, averageMs);
    lane.next();
    return {
      begun,
      giveUp: () => {
        if (!lane.remove(waiting)) return false;
        begin(false);
        return true;
      },
      end: (ms) => {
        if (ms !== undefined) module.averageMs = (module.averageMs ?? ms) * (1 - NEWEST) + ms * NEWEST;
        giveBack();
      },
    };
  }

  private assign(module: Module): void {
    const { averageMs } = module;
    const lane = averageMs !== undefined && averageMs <= QUICK_MS ? this.quick : this.others;
    if (averageMs === undefined) module.share = lane.fresh;
    // The time that the module used in another lane, or in the share of new modules, does not count
    // here.
    else if (module.lane !== lane || module.share === lane.fresh) module.share = { served: 0 };
    module.lane = lane;
  }

  private moduleOf(sha256: string): Module {
    const known = this.modules.get(sha256);
    this.modules.delete(sha256);
    const { others } = this;
    const module = known ?? { averageMs: undefined, waiting: 0, lane: others, share: others.fresh };
    this.modules.set(sha256, module);
    for (const [oldest, { waiting }] of this.modules) {
      if (this.modules.size <= MODULES_MAX) break;
      if (waiting === 0) this.modules.delete(oldest);
    }
    return module;
  }
}
