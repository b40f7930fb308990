/**
 * Writes a value as one line of JSON.
 *
 * U+2028 and U+2029 become escapes, because some readers of lines cut at them.
 */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`;
}
