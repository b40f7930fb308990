const [QUOTE, PLUS, MINUS, POINT, ZERO, NINE, BACKSLASH] = [0x22, 0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x5c];
const [UPPER_E, LOWER_E] = [0x45, 0x65];

/** Every whole number of this many digits is a double. */
const SAFE_DIGITS = 15;

/**
 * Finds out if a number of JSON text would change its digits on the way through a double.
 *
 * The scan takes a fraction of the time of a parser that looks at every number.
 */
export function hasInexactNumber(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at);
      if (isInexact(text, at, end)) return true;
      at = end - 1;
    }
  }
  return false;
}

/** Index of the quote that ends the string which begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === BACKSLASH) end += 1;
    else if (code === QUOTE) return end;
  }
  return text.length;
}

function endOfNumber(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && isInNumber(text.charCodeAt(end))) end += 1;
  return end;
}

function isInexact(text: string, at: number, end: number): boolean {
  let isPlain = end - at <= SAFE_DIGITS && text.charCodeAt(at) !== MINUS;
  for (let index = at + 1; isPlain && index < end; index += 1) isPlain = isDigit(text.charCodeAt(index));
  if (isPlain) return false;
  const number = text.slice(at, end);
  return String(Number(number)) !== number;
}

function isInNumber(code: number): boolean {
  return isDigit(code) || code === POINT || code === LOWER_E || code === UPPER_E || code === PLUS || code === MINUS;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}
