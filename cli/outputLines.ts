import { formatSize } from '../program/size.ts';
import type { ShownOutput } from '../toolchain/output/shownOutput.ts';
import { hexDump } from './hexDump.ts';
import { layOutJson } from './layOutJson.ts';
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
export function* outputLines(
  { response, bytes }: ShownOutput,
  isTerminal: boolean,
  paint: Paint,
): Generator<string, void> {
  const { output, output_text, output_bytes } = response;
  if (output_bytes === 0) return;
  const size = formatSize(output_bytes);
  if (output !== null) {
    const line = JSON.stringify(output);
    // A program that reads a pipe finds a value on one line; a person wants a long one laid out.
    if (!isTerminal || line.length <= BESIDE_LABEL) yield LABEL + line;
    else yield* cutLines(laidOutStart(output), `${size} of JSON`);
  } else if (output_text !== null) {
    yield* textLines(output_text.replace(/\r?\n$/, ''), `${size} of text`, isTerminal);
  } else {
    const first = bytes?.subarray(0, BYTES_SHOWN) ?? new Uint8Array();
    yield `${LABEL}${size}, binary${first.length < output_bytes ? `; the first ${first.length} bytes (all of them: --output FILE)` : ''}`;
    for (const line of hexDump(first, 0, (text) => paint('dim', text))) yield INDENT + line;
  }
}

/** The beginning of a value that is laid out: more of it than is shown, where there is more. */
function laidOutStart(output: unknown): string {
  let start = '';
  layOutJson(output, (piece) => {
    start += piece;
    return start.length <= CHARS_SHOWN;
  });
  return start;
}

function* textLines(text: string, label: string, isTerminal: boolean): Generator<string, void> {
  if (text.length <= BESIDE_LABEL && !/\r?\n/.test(text)) {
    yield LABEL + text;
    return;
  }
  if (isTerminal) {
    yield* cutLines(text, label);
    return;
  }
  yield LABEL + label;
  for (const line of linesOf(text)) yield INDENT + line;
}

/** The part of a text that a terminal shows. */
function* cutLines(text: string, label: string): Generator<string, void> {
  yield LABEL + label;
  let [lines, left] = [0, CHARS_SHOWN];
  for (const line of linesOf(text)) {
    if (lines === LINES_SHOWN || left <= 0) {
      yield `${INDENT}… (cut; a pipe or --output FILE gets all of it)`;
      return;
    }
    yield INDENT + line.slice(0, left);
    lines += 1;
    left -= line.length + 1;
  }
  if (left < -1) yield `${INDENT}… (cut; a pipe or --output FILE gets all of it)`;
}

/** Gives the lines of a text one by one. A list of them would take many times its memory. */
function* linesOf(text: string): Generator<string, void> {
  for (let from = 0; ; ) {
    const to = text.indexOf('\n', from);
    if (to === -1) {
      yield text.slice(from);
      return;
    }
    yield text.slice(from, text[to - 1] === '\r' && to > from ? to - 1 : to);
    from = to + 1;
  }
}
