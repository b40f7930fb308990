import { inspect, stripVTControlCharacters, type styleText } from 'node:util';
import { neutralText } from '../base/text/neutralText.ts';

export type Style = Extract<Parameters<typeof styleText>[0], string>;
export type Paint = (style: Style, text: string) => string;

/** Lines without anything that is written out, which are most lines of a long output. */
const PLAIN = /^[\t -"$-9;-~]*$/;

/** The mark of this process in the escape sequences of {@link paintMarked}. */
interface Mark {
  /** The beginning of a sequence: no text from elsewhere can know it. */
  begin: string;
  ownStyle: RegExp;
  leading: RegExp;
}

/** Undefined until a text is painted. Most commands paint nothing, and `node:crypto` takes 5 ms. */
let mark: Mark | undefined;

function makeMark(): Mark {
  const begin = `\u001b${process.getBuiltinModule('node:crypto').randomBytes(12).toString('base64url')}`;
  return {
    begin,
    ownStyle: new RegExp(`${begin}\\[(\\d+)m`, 'g'),
    leading: new RegExp(`^((?:\\s|${begin}\\[\\d+m)*)::`),
  };
}

/** Text in a style, as {@link printedLine} lets it through. */
export function paintMarked(style: Style, text: string): string {
  mark ??= makeMark();
  const [open, close] = inspect.colors[style] as [number, number];
  return `${mark.begin}[${open}m${text}${mark.begin}[${close}m`;
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
  if (mark === undefined) return withoutOrders(neutralText(line), /^(\s*)::/);
  const { begin, ownStyle, leading } = mark;
  const parts = line.split(ownStyle).map((part, index) => (index % 2 === 1 ? `${begin}[${part}m` : neutralText(part)));
  return withoutOrders(parts.join(''), leading).replaceAll(ownStyle, '\u001b[$1m');
}

function withoutOrders(line: string, leading: RegExp): string {
  return line.replace(leading, '$1\\::').replaceAll(/##(?=\w*\[)/g, '#\\#');
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
