import { WasmInvalidError } from './wasmInvalid.ts';

/**
 * Numbers in LEB128 (Core Specification 2.0, section 5.2.2).
 *
 * `skipX` checks an encoding. The others are for numbers whose encoding has been checked.
 */

/** Reads an unsigned number of at most 32 bits. */
export function u32At(bytes: Uint8Array, pos: number): number {
  const first = bytes[pos] as number;
  if (first < 0x80) return first;
  let value = 0;
  for (let at = pos, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

/** Reads a signed number that is a safe integer. */
export function signedAt(bytes: Uint8Array, pos: number): number {
  let at = afterNumber(bytes, pos) - 1;
  const last = bytes[at] as number;
  // From the sign down no step is larger than the number itself, so each of them is exact.
  let value = last & 0x40 ? last - 0x80 : last;
  while (at > pos) value = value * 128 + ((bytes[--at] as number) & 0x7f);
  return value;
}

/** Position after the number at `pos`. */
export function afterNumber(bytes: Uint8Array, pos: number): number {
  let at = pos;
  while ((bytes[at++] as number) >= 0x80);
  return at;
}

/** Bytes of the shortest encoding of an unsigned number. */
export function byteLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/**
 * Position after the unsigned number of at most 32 bits at `pos`.
 *
 * @throws {WasmInvalidError} malformed
 */
export function skipU32(bytes: Uint8Array, pos: number, end: number): number {
  for (let i = 0; i < 5; i++) {
    const byte = bytes[pos + i] as number;
    if (pos + i >= end) throw new WasmInvalidError('malformed', end, 'unexpected end');
    if (byte < 0x80) {
      if (i === 4 && byte > 0x0f) throw new WasmInvalidError('malformed', pos, 'number too large');
      return pos + i + 1;
    }
  }
  throw new WasmInvalidError('malformed', pos, 'number too long');
}

/**
 * Position after the signed number of at most `bits` (32, 33 or 64) bits at `pos`.
 *
 * @throws {WasmInvalidError} malformed
 */
export function skipSigned(bytes: Uint8Array, pos: number, end: number, bits: number): number {
  const longest = Math.ceil(bits / 7);
  for (let i = 0; i < longest; i++) {
    const byte = bytes[pos + i] as number;
    if (pos + i >= end) throw new WasmInvalidError('malformed', end, 'unexpected end');
    if (byte < 0x80) {
      if (i === longest - 1) {
        // The bits past the number's own must repeat its sign.
        const own = bits - 7 * i;
        const rest = byte >> (own - 1);
        if (rest !== 0 && rest !== 0x7f >> (own - 1)) throw new WasmInvalidError('malformed', pos, 'number too large');
      }
      return pos + i + 1;
    }
  }
  throw new WasmInvalidError('malformed', pos, 'number too long');
}
