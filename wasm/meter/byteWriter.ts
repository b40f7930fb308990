const utf8 = new TextEncoder();

/** Shorter copies are made here: a call into the runtime would cost more than their bytes. */
const SHORT_COPY = 24;

/** One growing buffer. Numbers are written as the shortest LEB128. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(Math.max(64, capacity));
  }

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  u8(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  u32(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  /** A number in at least `bytes` bytes, which the format allows. */
  u32Wide(value: number, bytes: number): void {
    this.reserve(Math.max(bytes, 5));
    let rest = value;
    for (let left = bytes; left > 1 || rest >= 0x80; left--) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  /** Signed LEB128 of a safe integer. */
  signed(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest < -0x4000_0000 || rest >= 0x4000_0000) {
      const high = Math.floor(rest / 0x80);
      this.bytes[this.length++] = (rest - high * 0x80) | 0x80;
      rest = high;
    }
    while (rest < -64 || rest > 63) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.bytes[this.length++] = rest & 0x7f;
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
}
