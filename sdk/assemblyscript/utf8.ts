/** UTF-8, strict both ways (RFC 3629): nothing overlong, no surrogates, nothing past U+10FFFF. */

/** The most bytes that the writing functions need for one UTF-16 code unit. */
export const UTF8_BYTES_PER_UNIT: usize = 3;

/**
 * Writes `units` code units of `text` from `start` on as UTF-8 at `destination`. Returns the end.
 * Each unit needs {@link UTF8_BYTES_PER_UNIT} bytes of room. A lone surrogate becomes U+FFFD.
 */
export function writeUtf8(text: string, start: i32, units: i32, destination: usize): usize {
  let source = changetype<usize>(text) + (<usize>start << 1);
  const end = source + (<usize>units << 1);
  while (source < end) {
    let unit = <u32>load<u16>(source);
    source += 2;
    if (unit < 0x80) {
      store<u8>(destination++, unit);
    } else if (unit < 0x800) {
      store<u16>(destination, (unit >> 6) | 0xc0 | (((unit & 0x3f) | 0x80) << 8));
      destination += 2;
    } else {
      if ((unit & 0xf800) == 0xd800) {
        const low = source < end ? <u32>load<u16>(source) : 0;
        if (unit < 0xdc00 && (low & 0xfc00) == 0xdc00) {
          source += 2;
          unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
          store<u32>(
            destination,
            (unit >> 18) | 0xf0 | ((((unit >> 12) & 0x3f) | 0x80) << 8) | ((((unit >> 6) & 0x3f) | 0x80) << 16) | (((unit & 0x3f) | 0x80) << 24),
          );
          destination += 4;
          continue;
        }
        unit = 0xfffd;
      }
      store<u16>(destination, (unit >> 12) | 0xe0 | ((((unit >> 6) & 0x3f) | 0x80) << 8));
      store<u8>(destination + 2, (unit & 0x3f) | 0x80);
      destination += 3;
    }
  }
  return destination;
}

/** `text` as UTF-8. */
export function encodeUtf8(text: string): ArrayBuffer {
  const start = __new(<usize>text.length * UTF8_BYTES_PER_UNIT, idof<ArrayBuffer>());
  return changetype<ArrayBuffer>(__renew(start, writeUtf8(text, 0, text.length, start) - start));
}

/** The text that `length` bytes at `source` spell, or null where they are not UTF-8. */
export function decodeUtf8(source: usize, length: i32): string | null {
  const start = __new(<usize>length << 1, idof<string>());
  let to = start;
  const end = source + length;
  while (source < end) {
    const lead = <u32>load<u8>(source);
    if (lead < 0x80) {
      store<u16>(to, lead);
      to += 2;
      source++;
    } else {
      const point = codePointAt(source, end);
      if (point < 0) return null;
      source += utf8Length(point);
      to = writeUtf16(to, point);
    }
  }
  return changetype<string>(__renew(start, to - start));
}

/** Reads one code point that takes two bytes or more; -1 where the bytes are not UTF-8. */
export function codePointAt(source: usize, end: usize): i32 {
  const lead = <i32>load<u8>(source);
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const extra = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  if (source + extra >= end) return -1;
  let point = lead & (0x3f >> extra);
  for (let i = 1; i <= extra; i++) {
    const next = <i32>load<u8>(source + i);
    if ((next & 0xc0) != 0x80) return -1;
    point = (point << 6) | (next & 0x3f);
  }
  if (utf8Length(point) != extra + 1 || point > 0x10ffff || (point & 0x1ff800) == 0xd800) return -1;
  return point;
}

/** Bytes of a code point in UTF-8. */
export function utf8Length(point: i32): i32 {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/** Writes a code point as UTF-16 and returns the end of what was written. */
export function writeUtf16(to: usize, point: i32): usize {
  if (point < 0x10000) {
    store<u16>(to, point);
    return to + 2;
  }
  store<u32>(to, (0xd7c0 + (point >> 10)) | ((0xdc00 | (point & 0x3ff)) << 16));
  return to + 4;
}
