import { byteLength } from '../read/leb128.ts';

const utf8 = new TextEncoder();

/** Shorter copies are made here: a call into the runtime would cost more than their bytes. */
const SHORT_COPY = 48;

/** One growing buffer. Numbers are written as the shortest LEB128. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(Math.max(64, capacity));
  }

  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.grow(count);
  }

  u8(byte: number): void {
    const at = this.length;
    if (at === this.bytes.length) this.grow(1);
    this.bytes[at] = byte;
    this.length = at + 1;
  }

  u32(value: number): void {
    this.reserve(5);
    const { bytes } = this;
    let at = this.length;
    let rest = value;
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** A number in at least `width` bytes, which the format allows. */
  u32Wide(value: number, width: number): void {
    this.reserve(Math.max(width, 5));
    const { bytes } = this;
    let at = this.length;
    let rest = value;
    for (let left = width; left > 1 || rest >= 0x80; left--) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** Signed LEB128 of a safe integer. */
  signed(value: number): void {
    this.reserve(10);
    const { bytes } = this;
    let at = this.length;
    let rest = value;
    while (rest < -0x4000_0000 || rest >= 0x4000_0000) {
      const high = Math.floor(rest / 0x80);
      bytes[at++] = (rest - high * 0x80) | 0x80;
      rest = high;
    }
    while (rest < -64 || rest > 63) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    bytes[at++] = rest & 0x7f;
    this.length = at;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    if (count < SHORT_COPY) {
      const { bytes } = this;
      for (let from = start, to = this.length; from < end; from++, to++) bytes[to] = source[from] as number;
    } else {
      this.bytes.set(source.subarray(start, end), this.length);
    }
    this.length += count;
  }

  append(bytes: ArrayLike<number>): void {
    this.reserve(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.bytes[this.length++] = bytes[i] as number;
  }

  /**
   * Leaves room for the size of what is written next.
   *
   * @param expected size in bytes; another one costs a move
   * @returns offset of what is written next
   */
  beginSized(expected: number): number {
    const room = byteLength(expected);
    this.reserve(room);
    this.length += room;
    return this.length;
  }

  /**
   * Writes the size of what was written since {@link beginSized} in front of it.
   *
   * @returns the size, bytes
   */
  endSized(start: number, expected: number): number {
    const size = this.length - start;
    const sizeAt = start - byteLength(expected);
    const moved = sizeAt + byteLength(size);
    // Room for the move, and for the number: to grow later would lose what comes after it.
    this.reserve(5);
    if (moved !== start) this.bytes.copyWithin(moved, start, this.length);
    this.length = sizeAt;
    this.u32(size);
    this.length += size;
    return size;
  }

  /** The size of `content` and its bytes. */
  sized(content: ByteWriter): void {
    this.u32(content.length);
    this.copy(content.bytes, 0, content.length);
  }

  name(text: string): void {
    const encoded = utf8.encode(text);
    this.u32(encoded.length);
    this.copy(encoded, 0, encoded.length);
  }

  /** A copy of what was written, without the spare room. */
  written(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  // Apart from `reserve`, which is compiled into each of its callers.
  private grow(count: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
