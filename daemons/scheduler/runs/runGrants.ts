/** Decides which waiting run goes to the cell next (docs/adr/0019-turns-at-the-scheduler.md). */
import type { CellWorkers } from '../../wire/fabricControl.ts';
import { UNSTATED_WORKERS } from '../fabric/cellWorkers.ts';

/** Work of the two daemons for any run, milliseconds. */
const RUN_MS = 1;

/** Weight of the last run in a module's average. */
const NEWEST = 0.25;

/**
 * Modules compete when runs of more than one came within this time, milliseconds. Otherwise there
 * is no module to hold a run back for.
 */
const COMPETING_MS = 100;

/** Modules whose figures are kept; the one not asked for longest goes first. */
const MODULES_MAX = 4_096;

/** The leave of one run to go to the cell. */
export interface RunGrant {
  /** Resolves when it begins: true, or false when it was given up. */
  begun: Promise<boolean>;
  /** False when it has begun. */
  giveUp(): boolean;
  /** @param taken undefined when the cell gave no outcome */
  end(taken?: TimeTaken): void;
}

/** The time of a run, and what the cell expects of the next one of its module. */
export interface TimeTaken {
  /** Milliseconds in a worker. */
  ms: number;
  /** The cell expects it to be short. */
  short: boolean;
}

/** One share of the time, for any number of runs: one module, or all new modules together. */
interface Share {
  /** The virtual time up to which its runs are counted. */
  served: number;
}

interface Module {
  /** Average time of its runs, milliseconds; undefined before the first ended. */
  averageMs: number | undefined;
  /** As the cell said with its last run. */
  short: boolean;
  waiting: number;
  lane: Lane;
  /** The share of the lane that it uses. */
  share: Share;
}

interface Waiting {
  /** Virtual time of its beginning. */
  start: number;
  begin(mayRun: boolean): void;
}

/**
 * The grants of short runs, or of long ones. A bounded number is out at one time. The next one goes
 * to the share that has had least.
 */
class Lane {
  readonly fresh: Share = { served: 0 };
  /** Grants that may be out at one time where modules compete. */
  limit: number;
  readonly #isCompeting: () => boolean;
  #out = 0;
  /** Virtual: that of the last grant. A share that was away has no claim to the time before it. */
  #now = 0;
  readonly #queue = new Set<Waiting>();

  constructor(isCompeting: () => boolean, limit: number) {
    this.#isCompeting = isCompeting;
    this.limit = limit;
  }

  add(begin: Waiting['begin'], share: Share, ms: number): Waiting {
    const start = Math.max(this.#now, share.served);
    share.served = start + RUN_MS + ms;
    const waiting = { start, begin };
    this.#queue.add(waiting);
    return waiting;
  }

  remove(waiting: Waiting): boolean {
    return this.#queue.delete(waiting);
  }

  giveBack(): void {
    this.#out--;
    this.next();
  }

  next(): void {
    while (this.#out < this.limit || !this.#isCompeting()) {
      let first: Waiting | undefined;
      for (const waiting of this.#queue) if (first === undefined || waiting.start < first.start) first = waiting;
      if (first === undefined) return;
      this.#queue.delete(first);
      this.#out++;
      this.#now = Math.max(this.#now, first.start);
      first.begin(true);
    }
  }
}

/**
 * Bounds the number of runs under way in the daemons.
 *
 * The others wait, and the modules among them share by time (start-time fair queueing). So a client
 * that asks for many runs waits for itself. Runs of one module begin in the order they came.
 *
 * A cell has as many short runs as workers, and of long ones one less, as long as they hold their
 * grants: it keeps one worker for short runs.
 */
export class RunGrants {
  readonly #short: Lane;
  readonly #long: Lane;
  readonly #modules = new Map<string, Module>();
  #longMs = UNSTATED_WORKERS.long_ms;
  #last: Module | undefined;
  #competedAt = Number.NEGATIVE_INFINITY;

  constructor() {
    const isCompeting = () => performance.now() - this.#competedAt < COMPETING_MS;
    const { workers_max } = UNSTATED_WORKERS;
    this.#short = new Lane(isCompeting, workers_max);
    this.#long = new Lane(isCompeting, workers_max - 1);
  }

  /** Goes by the workers of this cell from now on. */
  adopt({ workers_max, long_ms }: Pick<CellWorkers, 'workers_max' | 'long_ms'>): void {
    this.#short.limit = workers_max;
    this.#long.limit = Math.max(1, workers_max - 1);
    this.#longMs = long_ms;
    this.#short.next();
    this.#long.next();
  }

  /** Asks for the grant of one run of a module. */
  ask(sha256: string): RunGrant {
    const module = this.#moduleOf(sha256);
    if (this.#last !== undefined && this.#last !== module) this.#competedAt = performance.now();
    this.#last = module;
    // While runs of the module wait, the next run waits after them, even if the module has become
    // known since.
    if (module.waiting === 0) this.#assign(module);
    const { lane, share, averageMs = this.#longMs } = module;
    const { promise: begun, resolve } = Promise.withResolvers<boolean>();
    let state: 'waiting' | 'begun' | 'over' = 'waiting';
    let timer: NodeJS.Timeout | undefined;
    const begin = (mayRun: boolean): void => {
      module.waiting--;
      state = mayRun ? 'begun' : 'over';
      if (mayRun) timer = setTimeout(giveBack, this.#longMs);
      resolve(mayRun);
    };
    const giveBack = (): void => {
      if (state !== 'begun') return;
      state = 'over';
      clearTimeout(timer);
      lane.giveBack();
    };
    module.waiting++;
    const waiting = lane.add(begin, share, Math.min(averageMs, this.#longMs));
    lane.next();
    return {
      begun,
      giveUp: () => {
        if (!lane.remove(waiting)) return false;
        begin(false);
        return true;
      },
      end: (taken) => {
        if (taken !== undefined) note(module, taken);
        giveBack();
      },
    };
  }

  #assign(module: Module): void {
    const lane = module.short ? this.#short : this.#long;
    if (module.averageMs === undefined) module.share = lane.fresh;
    // The time that the module used in another lane, or in the share of new modules, does not count
    // here.
    else if (module.lane !== lane || module.share === lane.fresh) module.share = { served: 0 };
    module.lane = lane;
  }

  #moduleOf(sha256: string): Module {
    const known = this.#modules.get(sha256);
    this.#modules.delete(sha256);
    const lane = this.#long;
    const module = known ?? { averageMs: undefined, short: false, waiting: 0, lane, share: lane.fresh };
    this.#modules.set(sha256, module);
    for (const [oldest, { waiting }] of this.#modules) {
      if (this.#modules.size <= MODULES_MAX) break;
      if (waiting === 0) this.#modules.delete(oldest);
    }
    return module;
  }
}

function note(module: Module, { ms, short }: TimeTaken): void {
  module.averageMs = (module.averageMs ?? ms) * (1 - NEWEST) + ms * NEWEST;
  module.short = short;
}
