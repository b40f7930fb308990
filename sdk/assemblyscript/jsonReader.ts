import { Json, JsonKind } from "./json";
import { codePointAt, utf8Length, writeUtf16 } from "./utf8";

const DEPTH_MAX: i32 = 128;

let base: usize = 0;
let at: usize = 0;
let end: usize = 0;
let fault: string = "";
let faultAt: usize = 0;

/** A whole JSON text; what follows it but blanks is an error. */
export function readJson(start: usize, length: i32): Json {
  base = start;
  at = start;
  end = start + length;
  fault = "";
  const json = readValue(0);
  if (fault.length == 0) {
    skipBlanks();
    if (at < end) refuse("unexpected_character");
  }
  if (fault.length == 0) return json;
  const invalid = new Json(JsonKind.Invalid);
  invalid.text = fault;
  invalid.bits = faultAt - base;
  return invalid;
}

/** The first fault counts; everything that reads stops as soon as there is one. */
function refuse(label: string): void {
  if (fault.length > 0) return;
  fault = at < end ? label : "unexpected_end";
  faultAt = at;
}

function peek(): i32 {
  return at < end ? <i32>load<u8>(at) : -1;
}

function skipBlanks(): void {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
    at++;
  }
}

function readValue(depth: i32): Json {
  skipBlanks();
  const lead = peek();
  switch (lead) {
    case 0x7b: // {
    case 0x5b: // [
      if (depth == DEPTH_MAX) {
        refuse("too_deep");
        break;
      }
      return readItems(lead == 0x7b, depth + 1);
    case 0x22: { // "
      const json = new Json(JsonKind.String);
      json.text = readString();
      return json;
    }
    case 0x74: // t
      return readWord(0x65757274, 4, 1);
    case 0x66: // f
      return readWord(0x65736c61, 5, 0);
    case 0x6e: // n
      return readWord(0x6c6c756e, 4, -1);
    default:
      if (lead == 0x2d || isDigit(lead)) return readNumber();
      refuse("unexpected_character");
  }
  return new Json(JsonKind.Invalid);
}

/** `true`, `false` or `null`: its last four letters as a little-endian word. */
function readWord(letters: u32, length: i32, value: i32): Json {
  if (at + length > end || load<u32>(at + length - 4) != letters) refuse("unexpected_character");
  at += length;
  const json = new Json(value < 0 ? JsonKind.Null : JsonKind.Bool);
  json.bits = value;
  return json;
}

function readItems(isObject: bool, depth: i32): Json {
  const json = isObject ? Json.object() : Json.array();
  const names = json.names;
  const items = json.items!;
  const close = isObject ? 0x7d : 0x5d;
  at++;
  skipBlanks();
  if (peek() == close) {
    at++;
    return json;
  }
  while (true) {
    if (names !== null) {
      skipBlanks();
      if (peek() != 0x22) {
        refuse("unexpected_character");
        return json;
      }
      names.push(readString());
      if (fault.length > 0) return json;
      skipBlanks();
      if (peek() != 0x3a) {
        refuse("unexpected_character");
        return json;
      }
      at++;
    }
    items.push(readValue(depth));
    if (fault.length > 0) return json;
    skipBlanks();
    const next = peek();
    if (next != 0x2c && next != close) {
      refuse("unexpected_character");
      return json;
    }
    at++;
    if (next == close) return json;
  }
}

function isDigit(byte: i32): bool {
  return <u32>(byte - 0x30) < 10;
}

/** RFC 8259, section 6. */
function readNumber(): Json {
  const start = at;
  const negative = peek() == 0x2d;
  if (negative) at++;
  const first = at;
  let magnitude: u64 = 0;
  let fits = true;
  for (let byte = peek(); isDigit(byte); byte = peek()) {
    const digit = <u64>(byte - 0x30);
    // 922337203685477580 is i64.MAX_VALUE / 10; the last digit may reach 8 where the number is
    // negative.
    if (magnitude > 922337203685477580 || (magnitude == 922337203685477580 && digit > <u64>(7 + i32(negative)))) fits = false;
    magnitude = magnitude * 10 + digit;
    at++;
  }
  if (at == first) refuse("invalid_number");
  if (at > first + 1 && load<u8>(first) == 0x30) {
    at = first;
    refuse("invalid_number");
  }
  // Minus zero is no integer: its sign would be lost.
  if (negative && magnitude == 0) fits = false;
  if (peek() == 0x2e) {
    at++;
    fits = false;
    skipDigits();
  }
  if ((peek() | 0x20) == 0x65) {
    at++;
    fits = false;
    const sign = peek();
    if (sign == 0x2b || sign == 0x2d) at++;
    skipDigits();
  }
  const json = new Json(fits ? JsonKind.Integer : JsonKind.Number);
  if (fits) json.bits = negative ? -(<i64>magnitude) : <i64>magnitude;
  else json.text = String.UTF8.decodeUnsafe(start, at - start);
  return json;
}

function skipDigits(): void {
  const first = at;
  while (isDigit(peek())) at++;
  if (at == first) refuse("invalid_number");
}

/** From the opening quote to past the closing one. */
function readString(): string {
  // In locals, because a global costs fuel each time.
  const start = ++at;
  const last = end;
  let stop = start;
  let isPlain = true;
  for (; stop < last; stop++) {
    const byte = <u32>load<u8>(stop);
    if (byte == 0x22) break;
    if (byte - 0x20 < 0x60 && byte != 0x5c) continue;
    isPlain = false;
    if (byte == 0x5c) stop++;
  }
  if (stop >= last) {
    at = end;
    refuse("unexpected_end");
    return "";
  }
  // UTF-8 and escapes never take fewer bytes than UTF-16 takes units.
  const text = __new((stop - start) << 1, idof<string>());
  let to = text;
  if (isPlain) {
    for (let from = start; from < stop; from++, to += 2) store<u16>(to, load<u8>(from));
    at = stop + 1;
    return changetype<string>(text);
  }
  while (at < stop) {
    const byte = <i32>load<u8>(at);
    if (byte == 0x5c) {
      const point = readEscape();
      if (point < 0) return "";
      to = writeUtf16(to, point);
    } else if (byte >= 0x80) {
      const point = codePointAt(at, stop);
      if (point < 0) {
        refuse("invalid_utf8");
        return "";
      }
      at += utf8Length(point);
      to = writeUtf16(to, point);
    } else {
      if (byte < 0x20) {
        refuse("control_character");
        return "";
      }
      store<u16>(to, byte);
      to += 2;
      at++;
    }
  }
  at++;
  return changetype<string>(__renew(text, to - text));
}

/** One escape, or two that make one code point; -1 after a fault. */
function readEscape(): i32 {
  const letter = <i32>load<u8>(at + 1);
  let point = 0;
  switch (letter) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
      point = letter;
      break;
    case 0x62:
      point = 8;
      break;
    case 0x66:
      point = 12;
      break;
    case 0x6e:
      point = 10;
      break;
    case 0x72:
      point = 13;
      break;
    case 0x74:
      point = 9;
      break;
    case 0x75:
      return readUnicodeEscape();
    default:
      refuse("invalid_escape");
      return -1;
  }
  at += 2;
  return point;
}

function readUnicodeEscape(): i32 {
  const unit = readHex4(at);
  if (unit < 0) {
    refuse("invalid_escape");
    return -1;
  }
  if ((unit & 0xf800) != 0xd800) {
    at += 6;
    return unit;
  }
  const low = unit < 0xdc00 ? readHex4(at + 6) : -1;
  if ((low & 0xfffffc00) != 0xdc00) {
    refuse("lone_surrogate");
    return -1;
  }
  at += 12;
  return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
}

/** The four hexadecimal digits of `\uXXXX` at `place`; -1 where there is no such thing. */
function readHex4(place: usize): i32 {
  if (place + 6 > end || load<u16>(place) != 0x755c) return -1;
  let unit = 0;
  for (let i: usize = 2; i < 6; i++) {
    const byte = <u32>load<u8>(place + i);
    const letter = (byte | 0x20) - 0x61;
    if (isDigit(byte)) unit = (unit << 4) | (byte - 0x30);
    else if (letter < 6) unit = (unit << 4) | (letter + 10);
    else return -1;
  }
  return unit;
}
