import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A quarter of a millisecond's worth. */
const PIECE_BYTES = 256 * 1024;

/**
 * SHA-256, lower-case hex, of many bytes in parts. Between two pieces the thread does its other
 * work.
 */
export async function sha256InTurns(...parts: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  let hashed = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE_BYTES) {
      const piece = part.subarray(at, at + PIECE_BYTES);
      if (hashed + piece.length > PIECE_BYTES) {
        await nextTurn();
        hashed = 0;
      }
      hash.update(piece);
      hashed += piece.length;
    }
  }
  return hash.digest('hex');
}
