import { Worker } from 'node:worker_threads';
import { CHECK_LIMITS } from '../validate/checkLimits.ts';
import type { GiveUp } from '../validate/givenUp.ts';

export interface BoundedThread {
  post(message: unknown): void;
  /** Ends the thread, whatever it is at. `end` is not called for it. */
  terminate(): void;
  /** Bytes that it holds now; 0 where Node does not count each thread. */
  held(): Promise<number>;
  /** While it is held, the process does not end by itself. */
  hold(isHeld: boolean): void;
}

export interface ThreadEvents {
  /** @returns whether the thread has nothing more to do for now */
  message(message: unknown): boolean;
  /** The thread ended by itself, or took more memory than it may and was ended. */
  end(why: string, reason: GiveUp): void;
}

/** Milliseconds between two looks at the memory of a thread while it works. */
const LOOK_MS = 200;
const MIB = 1024 ** 2;

/**
 * True where Node tells the memory of each thread, which it does from 22.16. Before, only the
 * process has a figure, and it does not say which of two threads took the memory.
 */
export const countsEachThread = 'getHeapStatistics' in Worker.prototype;

/**
 * Starts a thread whose memory is bounded (CHECK_LIMITS).
 *
 * What compiles or parses a stranger's text runs in such a thread: the text may take all memory and
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
  const rest = () => {
    clearTimeout(looking);
    looking = undefined;
  };
  const end = (why: string, reason: GiveUp) => {
    rest();
    if (!hasEnded) on.end(why, reason);
    hasEnded = true;
  };
  const terminate = () => {
    hasEnded = true;
    rest();
    // The answer is its exit code, which nobody needs.
    worker.terminate().catch(() => {});
  };
  const work = () => {
    const held = countsEachThread ? () => heldBy(worker) : growth();
    const look = async () => {
      const own = looking;
      const bytes = await held();
      // The work was done meanwhile.
      if (looking !== own) return;
      if (bytes < CHECK_LIMITS.threadMib * MIB) {
        looking = setTimeout(look, LOOK_MS).unref();
        return;
      }
      end(`it took more than ${CHECK_LIMITS.threadMib} MiB`, 'memory');
      terminate();
    };
    looking = setTimeout(look, LOOK_MS).unref();
  };
  worker.on('message', (message) => {
    if (on.message(message)) rest();
  });
  worker.on('error', (error) => end(error.message, isOutOfMemory(error) ? 'memory' : 'fault'));
  worker.on('exit', (code) => end(`exit code ${code}`, 'fault'));
  worker.unref();
  return {
    post(message) {
      if (looking === undefined && !hasEnded) work();
      worker.postMessage(message);
    },
    terminate,
    held: async () => (countsEachThread ? heldBy(worker) : 0),
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
  };
}

/**
 * Bytes that a thread holds: its heap, its WebAssembly memory and buffers, and what the engine
 * holds for it. A thread inside of a long call of the engine answers after it.
 */
async function heldBy(worker: Worker): Promise<number> {
  try {
    const { total_heap_size, external_memory, malloced_memory } = await worker.getHeapStatistics();
    return total_heap_size + external_memory + malloced_memory;
  } catch {
    // The thread has ended, and says so by its own event.
    return 0;
  }
}

/** Bytes by which the process has grown since now, for a Node that does not count each thread. */
function growth(): () => number {
  let atRest = process.memoryUsage.rss();
  return () => {
    const resident = process.memoryUsage.rss();
    // The lowest figure counts: memory of a thread that has just ended is released a little later.
    atRest = Math.min(atRest, resident);
    return resident - atRest;
  };
}

function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
