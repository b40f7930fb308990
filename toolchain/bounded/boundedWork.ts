import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import { CHECK_LIMITS } from '../validate/checkLimits.ts';
import type { GiveUp } from '../validate/givenUp.ts';
import { type BoundedThread, startBoundedThread } from './boundedThread.ts';
import type { Work, WorkReport } from './workMessages.ts';

export type WorkDone =
  | Extract<WorkReport, { state: 'validated' | 'compiled' }>
  | { state: 'given-up'; why: GiveUp; message: string };

/** The thread is kept for the next work: loading the compilers takes longer than most checks. */
let idle: BoundedThread | undefined;
let events: { message(report: WorkReport): boolean; end(message: string, why: GiveUp): void } | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Has a thread of its own do work on a stranger's text, within CHECK_LIMITS. An abort ends the thread at once.
 *
 * @param onBegan called for each tasklet whose check begins; each has the time of CHECK_LIMITS
 * @throws {GrafosError} the error of the work itself, and the signal's reason
 */
export function boundedWork(
  work: Work,
  signal: AbortSignal | undefined,
  onBegan: (report: Extract<WorkReport, { state: 'began' }>) => void = () => {},
): Promise<WorkDone> {
  const mine = last.then(() => perform(work, signal, onBegan));
  last = mine.catch(() => {});
  return mine;
}

function perform(
  work: Work,
  signal: AbortSignal | undefined,
  onBegan: (report: Extract<WorkReport, { state: 'began' }>) => void,
): Promise<WorkDone> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const thread =
      idle ??
      startBoundedThread(threadUrl(), {
        message: (one) => events?.message(one as WorkReport) ?? true,
        end,
      });
    idle = undefined;
    const settle = (isAlive: boolean, act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      events = undefined;
      thread.hold(false);
      if (isAlive) idle = thread;
      else thread.terminate();
      act();
    };
    const giveUp = (message: string, why: GiveUp) => settle(false, () => resolve({ state: 'given-up', why, message }));
    const inTime = () =>
      setTimeout(() => giveUp(`it took more than ${CHECK_LIMITS.timeMs / 1000} s`, 'time'), CHECK_LIMITS.timeMs);
    const abort = () => settle(false, () => reject(signal?.reason));
    let timer = inTime();
    signal?.addEventListener('abort', abort, { once: true });
    events = {
      end: giveUp,
      message(report) {
        switch (report.state) {
          case 'began':
            clearTimeout(timer);
            timer = inTime();
            onBegan(report);
            return false;
          case 'refused': {
            const { kind, code, message, ...more } = report.error;
            settle(true, () => reject(new GrafosError(kind, code, message, more)));
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

/** An idle thread that ends is simply not used again. */
function end(message: string, why: GiveUp): void {
  idle = undefined;
  events?.end(message, why);
}

/** From source the thread runs from source too; the bundle has it beside the language server, which shares its parts. */
function threadUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('./workThread.ts', import.meta.url)
    : pathToFileURL(join(packageRoot, 'dist', 'language-server', 'workThread.js'));
}
