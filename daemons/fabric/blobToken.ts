/**
 * The token of a link. Over QUIC, the blobs of a link travel on a TCP connection beside it. The
 * same random token is the first frame on both, so the cell knows that they belong together.
 */
import { randomBytes } from 'node:crypto';
import { FRAME_HEAD_BYTES, FrameInvalidError, frameHead } from '../streams/frames.ts';

/** Spoken on the TCP connection. */
export const BLOB_ALPN = 'fabricbios-blobs/0';

const TOKEN_BYTES = 32;

/** A new token, as the frame that carries it. */
export function blobTokenFrame(): Uint8Array {
  return frameHead(TOKEN_BYTES, randomBytes(TOKEN_BYTES));
}

/** Reads the first frame of a stream, which must be a token. */
export class BlobTokenReader {
  #held = Buffer.alloc(0);

  /**
   * Takes a chunk. A frame of another length is refused at its length.
   *
   * @returns the token (hex) once all of it is there, and the bytes after it
   * @throws {FrameInvalidError}
   */
  push(chunk: Uint8Array): { token: string; rest: Uint8Array } | undefined {
    const held = Buffer.concat([this.#held, chunk]);
    this.#held = held;
    if (held.length < FRAME_HEAD_BYTES) return undefined;
    const length = held.readUInt32BE(0);
    if (length !== TOKEN_BYTES)
      throw new FrameInvalidError(`a first frame of ${length} bytes where a token of ${TOKEN_BYTES} is due`);
    const end = FRAME_HEAD_BYTES + TOKEN_BYTES;
    if (held.length < end) return undefined;
    return { token: held.toString('hex', FRAME_HEAD_BYTES, end), rest: held.subarray(end) };
  }
}
