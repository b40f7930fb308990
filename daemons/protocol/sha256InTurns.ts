import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A quarter of a millisecond's worth. */
const PIECE_BYTES = 256 * 1024;

/** SHA-256, lower-case hex, of bytes that may be many: between two pieces the thread does what else waits for it. */
export async function sha256InTurns(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; ; ) {
    hash.update(bytes.subarray(at, at + PIECE_BYTES));
    at += PIECE_BYTES;
    if (at >= bytes.length) return hash.digest('hex');
    await nextTurn();
  }
}
