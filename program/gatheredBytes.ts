/**
 * Collects the bytes of a file as they come, up to a bound. The bound cuts off a file that grows
 * while it is read, or never ends.
 */
export class GatheredBytes {
  readonly #most: number;
  #buffer: Buffer;
  #size = 0;

  /**
   * @param expected bytes that the file is said to have; it may have others
   * @param most bytes that it may have
   */
  constructor(expected: number, most: number) {
    this.#most = most;
    // One byte more shows whether there is more.
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(expected, most) + 1);
  }

  /** The number of bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Where the next bytes go, or null once there are more than may be. */
  room(): Buffer | null {
    if (this.#size > this.#most) return null;
    if (this.#size === this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(2 * this.#size + 4096, this.#most + 1));
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#size);
  }

  /**
   * Notes how many bytes came into the room.
   *
   * @returns whether there may be more
   */
  took(bytes: number): boolean {
    this.#size += bytes;
    return bytes > 0;
  }

  /** All that came, or null when there was more than may be. */
  bytes(): Buffer | null {
    return this.#size > this.#most ? null : this.#buffer.subarray(0, this.#size);
  }
}
