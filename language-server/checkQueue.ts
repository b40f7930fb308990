import { CHECK_LIMITS } from '../toolchain/validate/checkLimits.ts';
import type { GiveUp } from '../toolchain/validate/givenUp.ts';
import type { CheckAnswer, CheckRequest } from './checkMessages.ts';

/** The checking thread as the queue sees it. */
export interface CheckWorker {
  post(request: CheckRequest): void;
  /** Ends the thread; `onEnd` is not called for it. */
  terminate(): void;
}

export type StartWorker = (on: {
  answer(answer: CheckAnswer): void;
  end(why: string, reason: GiveUp): void;
}) => CheckWorker;

export interface CheckJob {
  root: string;
  tasklet: string | null;
  /** Called when the check starts: the newest texts are what is checked. */
  overlay(): ReadonlyMap<string, string>;
  /** Not called when a newer request for the same tasklet came first. */
  done(findings: Extract<CheckAnswer, { state: 'done' }>): void;
  /**
   * Called instead of `done` when the check had no answer in its bounds. It is not tried again
   * until a request asks for it.
   */
  givenUp(why: GiveUp): void;
}

/** `typed`: someone waits for it. `background`: the rest of the program. */
export type Urgency = 'typed' | 'background';

/**
 * Time after which a superseded check ends together with its thread, milliseconds. A compile cannot
 * be stopped inside a phase. The next thread has to load the compiler again.
 */
export const SUPERSEDED_MS = 2500;
/**
 * Ends of the thread without an answer between them, after which a tasklet is given up until it is
 * asked for again.
 */
const ENDS_MAX = 3;

interface Waiting {
  key: string;
  job: CheckJob;
  urgency: Urgency;
}

/**
 * Runs one check at a time, urgent ones first. At most one waits for each tasklet.
 *
 * A newer request for the tasklet that is being checked cancels the check. So does an urgent
 * request for another tasklet while a background check runs. A cancelled check stops between two
 * phases of the compiler, or finishes and is dropped.
 */
export class CheckQueue {
  readonly #start: StartWorker;
  readonly #log: (text: string) => void;
  readonly #onBusy: (busy: boolean) => void;
  readonly #waiting = new Map<string, Waiting>();
  #worker: CheckWorker | null = null;
  #running: (Waiting & { id: number; dropped: boolean; timer: NodeJS.Timeout }) | null = null;
  #superseded: NodeJS.Timeout | undefined;
  #lastId = 0;
  #ends = 0;
  #busy = false;
  #disposed = false;

  constructor(options: { start: StartWorker; log: (text: string) => void; onBusy: (busy: boolean) => void }) {
    this.#start = options.start;
    this.#log = options.log;
    this.#onBusy = options.onBusy;
  }

  /** Starts the thread and the loading of the compiler. */
  warm(): void {
    this.#workerNow()?.post({ kind: 'warm' });
  }

  request(job: CheckJob, urgency: Urgency): void {
    if (this.#disposed) return;
    const key = keyOf(job.root, job.tasklet);
    const before = this.#waiting.get(key);
    // Asked for again is asked for last, but never less urgently.
    this.#waiting.delete(key);
    this.#waiting.set(key, { key, job, urgency: before?.urgency === 'typed' ? 'typed' : urgency });
    const running = this.#running;
    if (running !== null && !running.dropped) {
      const pushedAside = running.key !== key && urgency === 'typed' && running.urgency === 'background';
      if (running.key === key || pushedAside) this.#drop(pushedAside);
    }
    this.#next();
  }

  /** Forgets what waits for a program; what runs for it is dropped. */
  forget(root: string): void {
    for (const [key, { job }] of this.#waiting) if (job.root === root) this.#waiting.delete(key);
    if (this.#running?.job.root === root && !this.#running.dropped) this.#drop(false);
    this.#next();
  }

  dispose(): void {
    this.#disposed = true;
    this.#waiting.clear();
    clearTimeout(this.#superseded);
    clearTimeout(this.#running?.timer);
    this.#running = null;
    this.#worker?.terminate();
    this.#worker = null;
  }

  #drop(again: boolean): void {
    const running = this.#running;
    if (running === null) return;
    running.dropped = true;
    if (again && !this.#waiting.has(running.key)) this.#waiting.set(running.key, running);
    this.#worker?.post({ kind: 'cancel', id: running.id });
    clearTimeout(this.#superseded);
    this.#superseded = setTimeout(() => this.#restart(), SUPERSEDED_MS);
  }

  #next(): void {
    if (this.#disposed) return;
    if (this.#running === null) {
      const all = [...this.#waiting.values()];
      const one = all.find(({ urgency }) => urgency === 'typed') ?? all[0];
      if (one !== undefined) {
        this.#waiting.delete(one.key);
        this.#run(one);
      }
    }
    const busy = this.#running !== null;
    if (busy !== this.#busy) {
      this.#busy = busy;
      this.#onBusy(busy);
    }
  }

  #run(one: Waiting): void {
    const worker = this.#workerNow();
    if (worker === null) return;
    this.#lastId += 1;
    const id = this.#lastId;
    const timer = setTimeout(() => {
      this.#log(`The check of ${nameOf(one.job)} was ended: it took more than ${CHECK_LIMITS.timeMs / 1000} s.`);
      this.#giveUp('time');
      this.#restart();
    }, CHECK_LIMITS.timeMs);
    this.#running = { ...one, id, dropped: false, timer };
    const { root, tasklet } = one.job;
    worker.post({ kind: 'check', id, root, tasklet, overlay: one.job.overlay() });
  }

  #workerNow(): CheckWorker | null {
    if (this.#disposed) return null;
    if (this.#worker === null) {
      const worker: CheckWorker = this.#start({
        answer: (answer) => {
          if (this.#worker === worker) this.#answered(answer);
        },
        end: (why, reason) => {
          if (this.#worker === worker) this.#ended(why, reason);
        },
      });
      this.#worker = worker;
    }
    return this.#worker;
  }

  #answered(answer: CheckAnswer): void {
    const running = this.#running;
    if (running === null || running.id !== answer.id) return;
    if (answer.state === 'failed') {
      this.#log(`The check of ${nameOf(running.job)} failed: ${answer.message}`);
      this.#giveUp('fault');
    }
    this.#settle();
    this.#ends = 0;
    if (!running.dropped && answer.state === 'done') running.job.done(answer);
    this.#next();
  }

  /**
   * Reports that the check at hand will have no result, unless something newer is asked for
   * already.
   */
  #giveUp(why: GiveUp): void {
    const running = this.#running;
    if (running !== null && !running.dropped && !this.#waiting.has(running.key)) running.job.givenUp(why);
  }

  #settle(): void {
    clearTimeout(this.#running?.timer);
    clearTimeout(this.#superseded);
    this.#running = null;
  }

  /** The thread ended by itself: out of memory, or a fault of the compiler that nothing catches. */
  #ended(why: string, reason: GiveUp): void {
    const running = this.#running;
    this.#worker = null;
    this.#ends += 1;
    // What took all the memory once takes it again.
    const isLast = reason === 'memory' || this.#ends >= ENDS_MAX;
    if (isLast) this.#giveUp(reason);
    this.#settle();
    this.#log(`The checking thread ended${running === null ? '' : ` at ${nameOf(running.job)}`}: ${why}`);
    if (running !== null && !running.dropped && !isLast && !this.#waiting.has(running.key))
      this.#waiting.set(running.key, running);
    this.#next();
  }

  #restart(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#settle();
    this.#next();
  }
}

function keyOf(root: string, tasklet: string | null): string {
  return `${tasklet ?? ''}\n${root}`;
}

function nameOf({ root, tasklet }: CheckJob): string {
  return tasklet === null ? root : `"${tasklet}" in ${root}`;
}
