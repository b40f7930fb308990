import { FRAME_HEAD_BYTES, FrameInvalidError } from '../streams/frames.ts';

/** Id and kind, before a frame's data. */
export const BLOB_HEAD_BYTES = 5;

export interface BlobFrameListener {
  /** A frame begins; `length` bytes of data follow. Throws {@link FrameInvalidError}. */
  begin(id: number, kind: number, length: number): void;
  /** The next bytes of its data, a view into what was received. */
  data(piece: Uint8Array): void;
  /** All of it was there. Throws {@link FrameInvalidError}. */
  end(): void;
}

/**
 * Cuts a stream into blob frames. Their data is passed on as it comes: waiting for the whole frame
 * would cost another copy.
 */
export class BlobFrames {
  readonly #dataMax: number;
  readonly #listener: BlobFrameListener;
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES + BLOB_HEAD_BYTES);
  #headFilled = 0;
  /** Bytes of data that the frame still lacks. */
  #lacks = 0;

  constructor(dataMax: number, listener: BlobFrameListener) {
    this.#dataMax = dataMax;
    this.#listener = listener;
  }

  /** Throws {@link FrameInvalidError} at what cannot be a frame, as soon as its length is known. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#headFilled < this.#head.length) {
        at += this.#takeHead(chunk, at);
        continue;
      }
      const piece = chunk.subarray(at, at + this.#lacks);
      at += piece.length;
      this.#lacks -= piece.length;
      this.#listener.data(piece);
      if (this.#lacks === 0) this.#endFrame();
    }
  }

  /** @returns how many bytes it took */
  #takeHead(chunk: Uint8Array, at: number): number {
    const head = this.#head;
    const wanted = this.#headFilled < FRAME_HEAD_BYTES ? FRAME_HEAD_BYTES : head.length;
    const piece = chunk.subarray(at, at + wanted - this.#headFilled);
    head.set(piece, this.#headFilled);
    this.#headFilled += piece.length;
    if (this.#headFilled === FRAME_HEAD_BYTES) {
      const length = head.readUInt32BE(0);
      const most = this.#dataMax + BLOB_HEAD_BYTES;
      if (length < BLOB_HEAD_BYTES || length > most) {
        throw new FrameInvalidError(`a blob frame of ${length} bytes where ${BLOB_HEAD_BYTES} to ${most} are allowed`);
      }
    } else if (this.#headFilled === head.length) {
      this.#lacks = head.readUInt32BE(0) - BLOB_HEAD_BYTES;
      this.#listener.begin(head.readUInt32BE(FRAME_HEAD_BYTES), head[head.length - 1] ?? 0, this.#lacks);
      if (this.#lacks === 0) this.#endFrame();
    }
    return piece.length;
  }

  #endFrame(): void {
    this.#headFilled = 0;
    this.#listener.end();
  }
}
