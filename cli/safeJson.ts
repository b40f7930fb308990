import { neutralText } from '../base/text/neutralText.ts';

/**
 * Rewrites JSON to an equal text that cannot steer the program that shows it.
 *
 * JSON itself escapes only the controls below a blank. Outside of its strings none of the other
 * characters occur, so each may be written as an escape. `##[` is an order to some CI systems
 * anywhere in a line.
 */
export function safeJson(text: string): string {
  return text
    .split('\n')
    .map((line) => neutralText(line).replaceAll(/##(?=\w*\[)/g, '#\\u0023'))
    .join('\n');
}
