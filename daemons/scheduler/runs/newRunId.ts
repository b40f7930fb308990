import { randomBytes } from 'node:crypto';

/** Crockford's base 32, lower case. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Makes a ULID in lower case: 10 digits of milliseconds since 1970, 16 random ones. It sorts by
 * time and fits a file name.
 */
export function newRunId(now = Date.now()): string {
  let time = '';
  for (let rest = now, digit = 0; digit < 10; digit += 1) {
    time = (DIGITS[rest % 32] ?? '') + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of randomBytes(16)) random += DIGITS[byte & 31];
  return time + random;
}
