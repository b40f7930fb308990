const FIRST_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);
/**
 * More pieces than this must hold {@link PIECE_BYTES} on average: each costs time, however small it
 * is.
 */
const PIECES_FREE = 20_000;
const PIECE_BYTES = 64;

/** True when the pieces hold too few bytes. Only a peer that wants to cost time sends such ones. */
export function areTiny(pieces: number, bytes: number): boolean {
  return pieces > PIECES_FREE && bytes < pieces * PIECE_BYTES;
}

/**
 * Bytes that come in pieces, up to a bound.
 *
 * The pieces are copied together: a peer that sends one byte at a time would otherwise cost an
 * object for each byte. A piece that comes alone is kept as it is, so its bytes must not change.
 */
export class BoundedBytes {
  readonly #most: number;
  #buffer: Buffer = NOTHING;
  #length = 0;
  #pieces = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Takes a piece in. Past the bound, and where the pieces are tiny, nothing of the piece is kept.
   *
   * @returns whether it was taken
   */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    this.#pieces += 1;
    if (length > this.#most || areTiny(this.#pieces, length)) return false;
    if (this.#length === 0) {
      this.#buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      this.#length = length;
      return true;
    }
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#most, Math.max(length, 2 * this.#buffer.length, FIRST_BYTES)));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  /** All that came so far; the next piece begins anew. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = NOTHING;
    this.#length = 0;
    this.#pieces = 0;
    return taken;
  }
}
