import { randomBytes } from 'node:crypto';
import { inspect, stripVTControlCharacters, type styleText } from 'node:util';
import { neutralText } from '../base/text/neutralText.ts';

export type Style = Extract<Parameters<typeof styleText>[0], string>;
export type Paint = (style: Style, text: string) => string;

/**
 * Marks the escape sequences that {@link paintMarked} wrote: no text from elsewhere can know it.
 */
const MARK = randomBytes(12).toString('base64url');

const OWN_STYLE = new RegExp(`\u001b${MARK}\\[(\\d+)m`, 'g');
/** Lines without anything that is written out, which are most lines of a long output. */
const PLAIN = /^[\t -"$-9;-~]*$/;
const LEADING = new RegExp(`^((?:\\s|\u001b${MARK}\\[\\d+m)*)::`);

/** Text in a style, as {@link printedLine} lets it through. */
export function paintMarked(style: Style, text: string): string {
  const [open, close] = inspect.colors[style] as [number, number];
  return `\u001b${MARK}[${open}m${text}\u001b${MARK}[${close}m`;
}

/** Width of a text in columns, as it will be printed. */
export function printedWidth(text: string): number {
  return [...stripVTControlCharacters(printedLine(text))].length;
}

/**
 * One line as it goes to a terminal or into the log of a CI job: in it only the styles of {@link
 * paintMarked} do anything. All else that would steer a terminal is written out, and so are the
 * workflow commands of CI systems, `::` at the beginning of a line and `##[` anywhere.
 */
export function printedLine(line: string): string {
  if (PLAIN.test(line)) return line;
  return line
    .split(OWN_STYLE)
    .map((part, index) => (index % 2 === 1 ? `\u001b${MARK}[${part}m` : neutralText(part)))
    .join('')
    .replace(LEADING, '$1\\::')
    .replaceAll(/##(?=\w*\[)/g, '#\\#')
    .replaceAll(OWN_STYLE, '\u001b[$1m');
}

/**
 * Finds the end of a piece of text that can be made harmless by itself. A cut inside of a surrogate
 * pair, or of an order like `##[`, would hide the one or the other.
 *
 * @param length UTF-16 units of the piece; the piece is longer where no cut is safe before
 * @returns the index of the unit after the piece
 */
export function pieceEnd(text: string, from: number, length: number): number {
  let at = from + length;
  while (at < text.length && /[#\w\ud800-\udbff]/.test(text[at - 1] ?? '')) at += 1;
  return Math.min(at, text.length);
}

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
