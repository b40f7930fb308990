import { hasInexactNumber } from './hasInexactNumber.ts';

/** A primitive of JSON by its text. `JSON.stringify` writes the text as it is. */
export interface RawJson {
  readonly rawJSON: string;
}

declare global {
  // ECMAScript's "JSON.parse source text access", which TypeScript's library does not know yet.
  interface JSON {
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
  }
}

/**
 * Parses JSON text so that every number keeps its digits.
 *
 * A number is a double where `JSON.stringify` would write the double as the text has it. Every
 * other number is a {@link RawJson}: a whole number above 2^53, `1.10`, `1e400`, `-0`. So
 * `JSON.stringify` writes all numbers as they were. Where an object has a name twice, the last
 * member counts, as it does for `JSON.parse`.
 *
 * @throws {SyntaxError} where the text is not JSON
 */
export function parseExactJson(text: string): unknown {
  return hasInexactNumber(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_name: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && String(value) !== source ? JSON.rawJSON(source) : value;
}
