import { formatSize } from '../program/size.ts';
import type { ShownOutput } from '../toolchain/output/shownOutput.ts';
import { hexDump } from './hexDump.ts';
import type { Paint } from './printedLine.ts';

/** Bounds of what a terminal is given of an output; a pipe gets all of it. */
const [LINES_SHOWN, CHARS_SHOWN] = [100, 16 * 1024];

/** Longest output that shares the line of its label, in characters. */
const BESIDE_LABEL = 100;

const BYTES_SHOWN = 64;

const LABEL = '  output    ';
const INDENT = '    ';

/**
 * An output for people: JSON and text as they are, bytes by their size and the first of them.
 *
 * @param isTerminal whether what is long is cut
 */
export function outputLines({ response, bytes }: ShownOutput, isTerminal: boolean, paint: Paint): string[] {
  const { output, output_text, output_bytes } = response;
  if (output_bytes === 0) return [];
  const size = formatSize(output_bytes);
  if (output !== null) return textLines(jsonText(output, isTerminal), `${size} of JSON`, isTerminal);
  if (output_text !== null) return textLines(output_text, `${size} of text`, isTerminal);
  const first = bytes?.subarray(0, BYTES_SHOWN) ?? new Uint8Array();
  return [
    `${LABEL}${size}, binary${first.length < output_bytes ? `; the first ${first.length} bytes (all of them: --output FILE)` : ''}`,
    ...hexDump(first, 0, (text) => paint('dim', text)).map((line) => INDENT + line),
  ];
}

/** A program that reads a pipe finds a value on one line; a person wants a long one laid out. */
function jsonText(output: unknown, isTerminal: boolean): string {
  const line = JSON.stringify(output);
  return isTerminal && line.length > BESIDE_LABEL ? JSON.stringify(output, null, 2) : line;
}

function textLines(text: string, label: string, isTerminal: boolean): string[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const [only = ''] = lines;
  const fits = only.length <= BESIDE_LABEL || (!isTerminal && label.endsWith('JSON'));
  if (lines.length === 1 && fits) return [LABEL + only];
  if (!isTerminal) return [LABEL + label, ...lines.map((line) => INDENT + line)];
  const shown = cut(lines);
  const isCut = shown.length < lines.length || shown.at(-1) !== lines[shown.length - 1];
  return [
    LABEL + label,
    ...shown.map((line) => INDENT + line),
    ...(isCut ? [`${INDENT}… (cut; a pipe or --output FILE gets all of it)`] : []),
  ];
}

function cut(lines: readonly string[]): string[] {
  const shown: string[] = [];
  let left = CHARS_SHOWN;
  for (const line of lines.slice(0, LINES_SHOWN)) {
    if (left <= 0) break;
    shown.push(line.slice(0, left));
    left -= line.length + 1;
  }
  return shown;
}
