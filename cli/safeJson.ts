import { neutralText } from '../daemons/protocol/neutralText.ts';

/**
 * JSON that says the same and cannot steer what it is printed on. JSON itself escapes only the
 * controls below a blank; outside of its strings none of the other characters stand, so each may be
 * written as an escape. `##[` is an order to some CI systems anywhere in a line.
 */
export function safeJson(text: string): string {
  return text
    .split('\n')
    .map((line) => neutralText(line).replaceAll(/##(?=\w*\[)/g, '#\\u0023'))
    .join('\n');
}
