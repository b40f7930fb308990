import { setTimeout as pause } from 'node:timers/promises';

/**
 * libuv reads up to 2 MiB of a socket before it looks at another one, 10 ms of decryption. After so many bytes, a fraction of a millisecond, everything
 * else has a millisecond: a thread that only moved bulk would still answer, but each step of an answer would wait.
 */
export const TURN_BYTES = 128 * 1024;
export const OTHERS_MS = 1;

/** For a loop over the pieces of a stream: what to wait for after a piece of so many bytes, if for anything. */
export function turns(): (bytes: number) => Promise<void> | undefined {
  let inTurn = 0;
  return (bytes) => {
    inTurn += bytes;
    if (inTurn < TURN_BYTES) return undefined;
    inTurn = 0;
    return pause(OTHERS_MS);
  };
}
