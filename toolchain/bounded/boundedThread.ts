import { Worker } from 'node:worker_threads';
import { CHECK_LIMITS } from '../validate/checkLimits.ts';
import type { GiveUp } from '../validate/givenUp.ts';

export interface BoundedThread {
  post(message: unknown): void;
  /** Ends the thread, whatever it is at. `end` is not called for it. */
  terminate(): void;
  /** While it is held, the process does not end by itself. */
  hold(isHeld: boolean): void;
}

export interface ThreadEvents {
  /** @returns whether the thread has nothing more to do for now */
  message(message: unknown): boolean;
  /** The thread ended by itself, or took more memory than it may and was ended. */
  end(why: string, reason: GiveUp): void;
}

/** Milliseconds between two looks at the memory of the process while the thread works. */
const LOOK_MS = 200;
const MIB = 1024 ** 2;

/**
 * Starts a thread whose memory is bounded (CHECK_LIMITS).
 *
 * Compilers and parsers of untrusted text run in such a thread: the text may take all memory and
 * all time, and the thread can be ended at any moment.
 */
export function startBoundedThread(url: URL, on: ThreadEvents): BoundedThread {
  const resourceLimits = { maxOldGenerationSizeMb: CHECK_LIMITS.heapMib };
  const worker = new Worker(url, { resourceLimits, execArgv: [], argv: [], stdout: true });
  // Standard output belongs to the command or to a protocol, so output that a compiler prints by
  // mistake stays in the thread. It is not read either, because a reader would keep the process
  // alive.
  let looking: NodeJS.Timeout | undefined;
  let hasEnded = false;
  const end = (why: string, reason: GiveUp) => {
    clearInterval(looking);
    if (!hasEnded) on.end(why, reason);
    hasEnded = true;
  };
  const terminate = () => {
    hasEnded = true;
    clearInterval(looking);
    // The answer is its exit code, which nobody needs.
    worker.terminate().catch(() => {});
  };
  let atRest = 0;
  const look = () => {
    const resident = process.memoryUsage.rss();
    // The lowest figure counts: memory of a thread that has just ended is released a little later.
    atRest = Math.min(atRest, resident);
    if (resident - atRest < CHECK_LIMITS.growthMib * MIB) return;
    end(`it took more than ${CHECK_LIMITS.growthMib} MiB`, 'memory');
    terminate();
  };
  worker.on('message', (message) => {
    if (!on.message(message)) return;
    clearInterval(looking);
    looking = undefined;
  });
  worker.on('error', (error) => end(error.message, isOutOfMemory(error) ? 'memory' : 'fault'));
  worker.on('exit', (code) => end(`exit code ${code}`, 'fault'));
  worker.unref();
  return {
    post(message) {
      if (looking === undefined) {
        atRest = process.memoryUsage.rss();
        looking = setInterval(look, LOOK_MS).unref();
      }
      worker.postMessage(message);
    },
    terminate,
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
  };
}

function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
