import { setTimeout as pause } from 'node:timers/promises';

/**
 * Bytes after which a turn of the event loop ends: a fraction of a millisecond of work. libuv reads
 * up to 2 MiB of a socket, 10 ms of decryption, before it looks at another one.
 *
 * The rest of the daemon then has a millisecond. A thread that only moved bulk would still answer,
 * but each step of an answer would wait.
 */
export const TURN_BYTES = 128 * 1024;
export const OTHERS_MS = 1;

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
    return pause(OTHERS_MS);
  };
}
