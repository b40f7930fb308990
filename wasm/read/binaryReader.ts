import { MODULE_LIMITS } from './moduleLimits.ts';
import { WasmInvalidError } from './wasmInvalid.ts';

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

  malformed(message: string, offset = this.pos): WasmInvalidError {
    return new WasmInvalidError('malformed', offset, message);
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
    if (count > limit) throw new WasmInvalidError('limit', start, `${count} ${what}, at most ${limit} are allowed`);
    return count;
  }

  skip(count: number): void {
    if (count > this.end - this.pos) throw this.malformed('unexpected end', this.end);
    this.pos += count;
  }

  name(): string {
    const length = this.u32();
    if (length > this.end - this.pos) throw this.malformed('name longer than the bytes left');
    if (length > MODULE_LIMITS.name) throw new WasmInvalidError('limit', this.pos, `a name of ${length} bytes`);
    const start = this.pos;
    this.pos += length;
    try {
      return utf8.decode(this.bytes.subarray(start, this.pos));
    } catch {
      throw this.malformed('name is not UTF-8', start);
    }
  }
}
