import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { PROFILE_LIMITS } from '../../daemons/wire/profileLimits.ts';
import { CHECK_LIMITS } from '../validate/checkLimits.ts';
import type { GiveUp } from '../validate/givenUp.ts';
import { type BoundedThread, countsEachThread, startBoundedThread } from './boundedThread.ts';
import type { Work, WorkAnswer, WorkReport } from './workMessages.ts';

export type WorkDone = WorkAnswer | { state: 'given-up'; why: GiveUp; message: string };

/**
 * Threads at one time. Each holds a compiler, about 150 MiB after its first compile. There is one
 * where the memory of two threads has one figure only.
 */
const THREADS_MAX = countsEachThread ? Math.max(1, Math.min(4, availableParallelism())) : 1;

/** MiB that a thread may hold while it waits for work: a compiler and its garbage are far below. */
const AT_REST_MIB = 512;

/** Works that only look something up, in less time. */
const LOOK_UPS: readonly Work['kind'][] = ['places', 'fuel', 'runFile', 'bundle', 'coverage'];

/** Works that repeat a run, whose process has a time of its own. */
const REPEATS: readonly Work['kind'][] = ['replayFile', 'profileFile', 'profile'];

interface Seat {
  thread: BoundedThread;
  events: { message(report: WorkReport): boolean; end(message: string, why: GiveUp): void } | undefined;
}

/** Threads are kept for the next work: loading the compilers takes longer than most checks. */
const idle: Seat[] = [];
const waiting: Array<() => void> = [];
let running = 0;

/**
 * Has a thread of its own do work on a stranger's text, within CHECK_LIMITS. An abort ends the
 * thread at once. Work waits while {@link THREADS_MAX} threads are busy.
 *
 * @param onBegan called for each tasklet whose check begins; each has the time of CHECK_LIMITS
 * @throws {GrafosError} the error of the work itself, and the signal's reason
 */
export async function boundedWork(
  work: Work,
  signal: AbortSignal | undefined,
  onBegan: (report: Extract<WorkReport, { state: 'began' }>) => void = () => {},
): Promise<WorkDone> {
  if (running === THREADS_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await perform(work, signal, onBegan);
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    // The thread's place goes to the work that has waited longest.
    else next();
  }
}

function perform(
  work: Work,
  signal: AbortSignal | undefined,
  onBegan: (report: Extract<WorkReport, { state: 'began' }>) => void,
): Promise<WorkDone> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const seat = idle.pop() ?? newSeat();
    const { thread } = seat;
    const settle = (isAlive: boolean, act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      seat.events = undefined;
      thread.hold(false);
      if (isAlive) rest(seat);
      else thread.terminate();
      act();
    };
    const giveUp = (message: string, why: GiveUp) => settle(false, () => resolve({ state: 'given-up', why, message }));
    const timeMs = timeOf(work);
    const inTime = () => setTimeout(() => giveUp(`it took more than ${timeMs / 1000} s`, 'time'), timeMs);
    const abort = () => settle(false, () => reject(signal?.reason));
    let timer = inTime();
    signal?.addEventListener('abort', abort, { once: true });
    seat.events = {
      end: giveUp,
      message(report) {
        switch (report.state) {
          case 'began':
            clearTimeout(timer);
            timer = inTime();
            onBegan(report);
            return false;
          case 'refused': {
            const { code, message, ...more } = report.error;
            settle(true, () => reject(new GrafosError(code, message, more)));
            return true;
          }
          case 'failed':
            settle(true, () => resolve({ state: 'given-up', why: 'fault', message: report.message }));
            return true;
          default:
            settle(true, () => resolve(report));
            return true;
        }
      },
    };
    thread.hold(true);
    thread.post(work);
  });
}

/**
 * Keeps a thread for the next work, unless it holds much memory: V8 gives a heap back only when it
 * needs to.
 */
function rest(seat: Seat): void {
  idle.push(seat);
  void seat.thread.held().then((bytes) => {
    const at = idle.indexOf(seat);
    if (bytes <= AT_REST_MIB * 1024 ** 2 || at === -1) return;
    idle.splice(at, 1);
    seat.thread.terminate();
  });
}

/** Counts the threads that wait for work. */
export function idleThreads(): number {
  return idle.length;
}

function timeOf({ kind }: Work): number {
  if (REPEATS.includes(kind)) return PROFILE_LIMITS.timeMs + CHECK_LIMITS.timeMs;
  return LOOK_UPS.includes(kind) ? CHECK_LIMITS.lookUpMs : CHECK_LIMITS.timeMs;
}

function newSeat(): Seat {
  const seat: Seat = {
    thread: startBoundedThread(threadUrl(), {
      message: (one) => seat.events?.message(one as WorkReport) ?? true,
      end(message, why) {
        // An idle thread that ends is not used again.
        const at = idle.indexOf(seat);
        if (at !== -1) idle.splice(at, 1);
        seat.events?.end(message, why);
      },
    }),
    events: undefined,
  };
  return seat;
}

/**
 * From source, the thread runs from source, too. The bundle has it beside the language server,
 * which shares its parts.
 */
function threadUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('./workThread.ts', import.meta.url)
    : pathToFileURL(join(packageRoot, 'dist', 'language-server', 'workThread.js'));
}
