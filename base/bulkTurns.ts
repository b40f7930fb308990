import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/**
 * Bytes after which a turn of the event loop ends: a fraction of a millisecond of work. libuv reads
 * up to 2 MiB of a socket, 10 ms of decryption, before it looks at another one.
 */
export const TURN_BYTES = 128 * 1024;

/**
 * The rest of the daemon has this time after each turn while it has work. A thread that only moved
 * bulk would still answer, but each step of an answer would wait for a turn.
 */
const OTHERS_MS = 1;

/**
 * Time after a step of other work in which more steps of it are expected, milliseconds. A request
 * has a handful of them, each some milliseconds after the one before.
 */
export const STEPS_MS = 10;

let lastStepMs = Number.NEGATIVE_INFINITY;

/** Notes a step of other work than bulk on this thread: a request, or a message of a link. */
export function noteStep(nowMs = performance.now()): void {
  lastStepMs = nowMs;
}

/** Says whether more steps of other work may come soon. */
export function hasOthers(nowMs = performance.now()): boolean {
  return nowMs - lastStepMs < STEPS_MS;
}

/**
 * Waits between two turns of bulk: a millisecond for others that are at work, else for one turn of
 * the event loop, which sees whoever comes. 16 MB would wait a fifth of a second for nobody.
 */
export function betweenTurns(): Promise<void> {
  return hasOthers() ? pause(OTHERS_MS) : nextTurn();
}

/**
 * For a loop over the pieces of a stream. The returned function takes the size of a piece, and
 * gives a promise to wait for when the turn should end.
 */
export function createYield(): (bytes: number) => Promise<void> | undefined {
  let inTurn = 0;
  return (bytes) => {
    inTurn += bytes;
    if (inTurn < TURN_BYTES) return undefined;
    inTurn = 0;
    return betweenTurns();
  };
}
