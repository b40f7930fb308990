/**
 * Frames on an ordered byte stream: u32 big-endian length of the body, then the body. Every stream
 * of this project uses them.
 */

/**
 * The stream cannot be read any further. Its connection must be closed with `message` as the
 * reason.
 */
export class FrameInvalidError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FrameInvalidError';
  }
}

export const FRAME_HEAD_BYTES = 4;

/** The header of a frame whose body has `bytes` bytes in all, with `head` as the first of them. */
export function frameHead(bytes: number, head: Uint8Array = EMPTY): Uint8Array {
  const out = Buffer.allocUnsafe(FRAME_HEAD_BYTES + head.length);
  out.writeUInt32BE(bytes, 0);
  out.set(head, FRAME_HEAD_BYTES);
  return out;
}

const EMPTY = new Uint8Array(0);

/**
 * Cuts a stream into frame bodies. A body may be a view into the chunk it came in: copy it to keep
 * it.
 */
export class FrameReader {
  readonly #bytesMax: number;
  readonly #onFrame: (body: Buffer) => void;
  #pieces: Buffer[] = [];
  #held = 0;

  /**
   * @param bytesMax bound of a body; an empty body or a longer one throws
   *   {@link FrameInvalidError} out of `push`
   */
  constructor(bytesMax: number, onFrame: (body: Buffer) => void) {
    this.#bytesMax = bytesMax;
    this.#onFrame = onFrame;
  }

  push(chunk: Uint8Array): void {
    this.#pieces.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#held += chunk.byteLength;
    while (this.#held >= FRAME_HEAD_BYTES) {
      const length = this.#peekLength();
      if (length === 0 || length > this.#bytesMax) {
        throw new FrameInvalidError(`a frame of ${length} bytes where 1 to ${this.#bytesMax} are allowed`);
      }
      if (this.#held < FRAME_HEAD_BYTES + length) return;
      this.#onFrame(this.#take(FRAME_HEAD_BYTES + length).subarray(FRAME_HEAD_BYTES));
    }
  }

  #peekLength(): number {
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= FRAME_HEAD_BYTES) return first.readUInt32BE(0);
    // A header split over chunks is rare; only then are the chunks joined early.
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined.readUInt32BE(0);
  }

  #take(bytes: number): Buffer {
    this.#held -= bytes;
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= bytes) {
      if (first.length === bytes) this.#pieces.shift();
      else this.#pieces[0] = first.subarray(bytes);
      return first.subarray(0, bytes);
    }
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = joined.length === bytes ? [] : [joined.subarray(bytes)];
    return joined.subarray(0, bytes);
  }
}
