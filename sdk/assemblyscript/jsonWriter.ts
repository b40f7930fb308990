import { Json, JsonKind } from "./json";

/** The newest object while writing, so that it grows in place. */
let buffer: usize = 0;
let at: usize = 0;
let end: usize = 0;

const FIRST_SIZE: usize = 256;
/** More than anything that is written without asking for room again. */
const STEP: usize = 32;

/** UTF-8 without blanks. */
export function writeJson(json: Json): ArrayBuffer {
  buffer = __new(FIRST_SIZE, idof<ArrayBuffer>());
  at = buffer;
  end = buffer + FIRST_SIZE;
  writeValue(json);
  return changetype<ArrayBuffer>(__renew(buffer, at - buffer));
}

function room(): void {
  if (at + STEP >= end) {
    const size = (end - buffer) << 1;
    const used = at - buffer;
    buffer = __renew(buffer, size);
    at = buffer + used;
    end = buffer + size;
  }
}

function put(byte: u32): void {
  store<u8>(at++, byte);
}

function writeValue(json: Json): void {
  room();
  switch (json.kind) {
    case JsonKind.Bool:
      if (json.bits == 0) {
        store<u32>(at, 0x736c6166); // fals
        at += 4;
        put(0x65);
        return;
      }
      store<u32>(at, 0x65757274); // true
      break;
    case JsonKind.Integer:
      return writeInteger(json.bits);
    case JsonKind.Number: {
      const text = json.text;
      for (let i = 0; i < text.length; i++) {
        room();
        put(load<u16>(changetype<usize>(text) + ((<usize>i) << 1)));
      }
      return;
    }
    case JsonKind.String:
      return writeString(json.text);
    case JsonKind.Array:
    case JsonKind.Object:
      return writeItems(json);
    default:
      store<u32>(at, 0x6c6c756e); // null
  }
  at += 4;
}

function writeItems(json: Json): void {
  const isObject = json.kind == JsonKind.Object;
  put(isObject ? 0x7b : 0x5b);
  for (let i = 0, count = json.length; i < count; i++) {
    room();
    if (i > 0) put(0x2c);
    if (isObject) {
      writeString(json.nameAt(i));
      put(0x3a);
    }
    writeValue(json.at(i));
  }
  room();
  put(isObject ? 0x7d : 0x5d);
}

function writeInteger(value: i64): void {
  let magnitude = <u64>value;
  if (value < 0) {
    put(0x2d);
    magnitude = 0 - magnitude;
  }
  let divisor: u64 = 1;
  while (magnitude / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) put(0x30 + <u32>((magnitude / divisor) % 10));
}

function writeString(text: string): void {
  put(0x22);
  let source = changetype<usize>(text);
  const stop = source + ((<usize>text.length) << 1);
  while (source < stop) {
    source = writePlain(source, stop);
    if (source == stop) break;
    room();
    let unit = <u32>load<u16>(source);
    source += 2;
    if (unit < 0x20) {
      writeControl(unit);
    } else if (unit < 0x80) {
      put(0x5c);
      put(unit);
    } else if (unit < 0x800) {
      put((unit >> 6) | 0xc0);
      put((unit & 0x3f) | 0x80);
    } else if ((unit & 0xf800) != 0xd800) {
      put((unit >> 12) | 0xe0);
      put(((unit >> 6) & 0x3f) | 0x80);
      put((unit & 0x3f) | 0x80);
    } else {
      const low = source < stop ? <u32>load<u16>(source) : 0;
      if (unit >= 0xdc00 || (low & 0xfc00) != 0xdc00) {
        writeUnicodeEscape(unit);
        continue;
      }
      source += 2;
      unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
      put((unit >> 18) | 0xf0);
      put(((unit >> 12) & 0x3f) | 0x80);
      put(((unit >> 6) & 0x3f) | 0x80);
      put((unit & 0x3f) | 0x80);
    }
  }
  room();
  put(0x22);
}

/**
 * As many letters as are written as they are, which is nearly all: in locals, because a global
 * costs fuel each time. Returns where it stopped.
 */
function writePlain(source: usize, stop: usize): usize {
  while (true) {
    room();
    let to = at;
    const pause = min(stop, source + ((end - STEP - to) << 1));
    for (; source < pause; source += 2) {
      const unit = <u32>load<u16>(source);
      if (unit - 0x20 >= 0x60 || unit == 0x22 || unit == 0x5c) break;
      store<u8>(to++, unit);
    }
    at = to;
    if (source < pause || source == stop) return source;
  }
}

function writeControl(unit: u32): void {
  let letter: u32 = 0;
  switch (unit) {
    case 8:
      letter = 0x62;
      break;
    case 9:
      letter = 0x74;
      break;
    case 10:
      letter = 0x6e;
      break;
    case 12:
      letter = 0x66;
      break;
    case 13:
      letter = 0x72;
      break;
    default:
      return writeUnicodeEscape(unit);
  }
  put(0x5c);
  put(letter);
}

function writeUnicodeEscape(unit: u32): void {
  put(0x5c);
  put(0x75);
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (unit >> shift) & 0xf;
    put(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}
