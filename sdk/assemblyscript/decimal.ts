/**
 * The double nearest to a decimal number, ties to even, to the last bit; the language's own
 * `parseFloat` misses it now and then.
 *
 * Nearly all numbers take the short way (Clinger 1990: a mantissa below 2^53 and a power of ten up
 * to 22 are exact, so one rounding is all); the rest is long division of whole numbers.
 */

/**
 * More digits than decide any rounding (767); of those behind it counts only whether one is not
 * zero.
 */
const DIGITS_MAX: i32 = 800;
/** Words of 32 bits: enough for 10^1146 and for 801 digits. */
const WORDS: i32 = 128;
/** The number of them in use, so that a short number costs little fuel. */
let words: i32 = 1;

/** @param text a number as JSON writes it (RFC 8259, section 6) */
export function parseDecimal(text: string): f64 {
  const length = text.length;
  let at = 0;
  const negative = text.charCodeAt(0) == 0x2d;
  if (negative) at++;
  const first = at;
  let mantissa: u64 = 0;
  let digits = 0;
  let exponent = 0;
  let seenPoint = false;
  for (; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit == 0x2e) {
      seenPoint = true;
      continue;
    }
    const digit = <u32>unit - 0x30;
    if (digit > 9) break;
    if (seenPoint) exponent--;
    if (digits == 0 && digit == 0) continue;
    if (++digits <= 18) mantissa = mantissa * 10 + digit;
  }
  const end = at;
  if (at < length) {
    let written = 0;
    const minus = text.charCodeAt(++at) == 0x2d;
    if (minus || text.charCodeAt(at) == 0x2b) at++;
    for (; at < length; at++) if (written < 100000) written = written * 10 + (text.charCodeAt(at) - 0x30);
    exponent += minus ? -written : written;
  }
  let value: f64;
  if (digits == 0 || digits + exponent < -330) value = 0;
  else if (digits + exponent > 310) value = Infinity;
  else if (digits <= 18 && mantissa <= 1 << 53 && exponent >= -22 && exponent <= 22) {
    let power: f64 = 1;
    for (let i = abs(exponent); i > 0; i--) power *= 10;
    value = exponent < 0 ? <f64>mantissa / power : <f64>mantissa * power;
  } else value = divided(text, first, end, exponent);
  return negative ? -value : value;
}

/** digits × 10^exponent by long division. */
function divided(text: string, first: i32, end: i32, exponent: i32): f64 {
  const above = new StaticArray<u32>(WORDS);
  const below = new StaticArray<u32>(WORDS);
  below[0] = 1;
  words = 1;
  let digits = 0;
  let rest: u32 = 0;
  for (let at = first; at < end; at++) {
    const digit = <u32>text.charCodeAt(at) - 0x30;
    if (digit > 9 || (digits == 0 && digit == 0)) continue;
    if (digits++ < DIGITS_MAX) times(above, 10, digit);
    else {
      rest |= digit;
      exponent++;
    }
  }
  if (rest != 0) {
    times(above, 10, 1);
    exponent--;
  }
  for (let i = abs(exponent); i > 0; i--) times(exponent < 0 ? below : above, 10, 0);

  // One word more than the longer of the two, for the bit that shifting pushes out.
  words++;
  // Both to the same number of bits, then above at least below: their quotient is 1.… × 2^scale.
  let scale = bits(above) - bits(below);
  if (scale > 0) shift(below, scale);
  else shift(above, -scale);
  if (!takes(above, below)) {
    shift(above, 1);
    scale--;
    takes(above, below);
  }
  let quotient: u64 = 1;
  for (let i = 0; i < 63; i++) {
    shift(above, 1);
    quotient = (quotient << 1) | u64(takes(above, below));
  }

  // 53 bits, fewer below the smallest normal number.
  const dropped = scale < -1022 ? 11 + (-1022 - scale) : 11;
  if (dropped > 64) return 0;
  let kept = dropped == 64 ? 0 : quotient >> dropped;
  const tail = dropped == 64 ? quotient : quotient << (64 - dropped);
  const half: u64 = 1 << 63;
  if (tail > half || (tail == half && (bits(above) > 0 || (kept & 1) == 1))) kept++;
  // The hidden bit of a normal number adds one to the exponent by itself, and so does a carry out
  // of the mantissa.
  const biased = scale < -1022 ? 0 : <u64>(scale + 1022);
  const word = (biased << 52) + kept;
  return word >= 0x7ff0000000000000 ? Infinity : reinterpret<f64>(word);
}

function times(number: StaticArray<u32>, factor: u64, carry: u64): void {
  for (let i = 0; i < words; i++) {
    carry += <u64>unchecked(number[i]) * factor;
    unchecked((number[i] = <u32>carry));
    carry >>= 32;
  }
  if (carry > 0) number[words++] = <u32>carry;
}

function bits(number: StaticArray<u32>): i32 {
  for (let i = words - 1; i >= 0; i--) {
    const word = unchecked(number[i]);
    if (word != 0) return (i << 5) + 32 - <i32>clz(word);
  }
  return 0;
}

function shift(number: StaticArray<u32>, by: i32): void {
  const whole = by >> 5;
  const rest = <u64>(by & 31);
  for (let i = words - 1; i >= 0; i--) {
    const high = i >= whole ? <u64>unchecked(number[i - whole]) : 0;
    const low = i > whole ? <u64>unchecked(number[i - whole - 1]) : 0;
    unchecked((number[i] = <u32>((((high << 32) | low) << rest) >> 32)));
  }
}

/** Takes `below` off `above` where that leaves no less than nothing. */
function takes(above: StaticArray<u32>, below: StaticArray<u32>): bool {
  for (let i = words - 1; i >= 0; i--) {
    const left = unchecked(above[i]);
    const right = unchecked(below[i]);
    if (left < right) return false;
    if (left > right) break;
  }
  let borrow: i64 = 0;
  for (let i = 0; i < words; i++) {
    borrow += <i64>unchecked(above[i]) - <i64>unchecked(below[i]);
    unchecked((above[i] = <u32>borrow));
    borrow >>= 32;
  }
  return true;
}
