import { MODULE_LIMITS } from './moduleLimits.ts';
import { WasmInvalid } from './wasmInvalid.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A cursor over module bytes that never reads past `end`.
 *
 * Numbers are LEB128 as the specification bounds them (section 5.2.2).
 */
export class BinaryReader {
  readonly bytes: Uint8Array;
  pos: number;
  end: number;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  malformed(message: string, offset = this.pos): WasmInvalid {
    return new WasmInvalid('malformed', offset, message);
  }

  u8(): number {
    const byte = this.pos < this.end ? this.bytes[this.pos] : undefined;
    if (byte === undefined) throw this.malformed('unexpected end');
    this.pos++;
    return byte;
  }

  u32(): number {
    const start = this.pos;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) throw this.malformed('number too large', start);
        return value;
      }
    }
    throw this.malformed('number too long', start);
  }

  /**
   * Reads a count of things that take at least one byte each.
   *
   * The count is at most the number of bytes left, and at most `limit`.
   */
  count(what: string, limit: number): number {
    const start = this.pos;
    const count = this.u32();
    if (count > this.end - this.pos) throw this.malformed(`${count} ${what} cannot fit in the bytes left`, start);
    if (count > limit) throw new WasmInvalid('limit', start, `${count} ${what}, at most ${limit} are allowed`);
    return count;
  }

  skip(count: number): void {
    if (count > this.end - this.pos) throw this.malformed('unexpected end', this.end);
    this.pos += count;
  }

  name(): string {
    const length = this.u32();
    if (length > this.end - this.pos) throw this.malformed('name longer than the bytes left');
    if (length > MODULE_LIMITS.name) throw new WasmInvalid('limit', this.pos, `a name of ${length} bytes`);
    const start = this.pos;
    this.pos += length;
    try {
      return utf8.decode(this.bytes.subarray(start, this.pos));
    } catch {
      throw this.malformed('name is not UTF-8', start);
    }
  }
}

/** Position after the unsigned LEB128 of at most 32 bits at `pos`. */
export function skipU32(bytes: Uint8Array, pos: number, end: number): number {
  for (let i = 0; i < 5; i++) {
    const byte = bytes[pos + i] as number;
    if (pos + i >= end) throw new WasmInvalid('malformed', end, 'unexpected end');
    if (byte < 0x80) {
      if (i === 4 && byte > 0x0f) throw new WasmInvalid('malformed', pos, 'number too large');
      return pos + i + 1;
    }
  }
  throw new WasmInvalid('malformed', pos, 'number too long');
}

/** Position after the signed LEB128 of at most `bits` (32, 33 or 64) bits at `pos`. */
export function skipSigned(bytes: Uint8Array, pos: number, end: number, bits: number): number {
  const longest = Math.ceil(bits / 7);
  for (let i = 0; i < longest; i++) {
    const byte = bytes[pos + i] as number;
    if (pos + i >= end) throw new WasmInvalid('malformed', end, 'unexpected end');
    if (byte < 0x80) {
      if (i === longest - 1) {
        // The bits past the number's own must repeat its sign.
        const own = bits - 7 * i;
        const rest = byte >> (own - 1);
        if (rest !== 0 && rest !== 0x7f >> (own - 1)) throw new WasmInvalid('malformed', pos, 'number too large');
      }
      return pos + i + 1;
    }
  }
  throw new WasmInvalid('malformed', pos, 'number too long');
}
