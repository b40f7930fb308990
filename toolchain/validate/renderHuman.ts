import { relative } from 'node:path';
import { findProgram } from '../../program/loadProgram.ts';
import { CATALOGUE, type Severity } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { programFiles } from './programFiles.ts';

export interface HumanOptions {
  /** Paths are shown relative to this folder. */
  base: string;
  /** Terminal colours; off by default. */
  colour?: boolean;
  /** Text of a file for the code frame; the disk by default. */
  textOf?: (file: string) => string | null;
}

const CODES: Record<Severity | 'dim' | 'bold', [number, number]> = {
  error: [31, 39],
  warning: [33, 39],
  info: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};
/** Longest part of a line that a code frame shows. */
const FRAME_WIDTH = 100;

/** Findings for a terminal, each with the line it is about, and a last line that counts them. */
export function renderHuman(findings: readonly Finding[], options: HumanOptions): string {
  const paint = (style: keyof typeof CODES, text: string) =>
    options.colour ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text;
  const textOf = cached(options.textOf ?? diskText(options.base));
  const parts = findings.map((one) => {
    const { line, character } = one.range.start;
    const wholeFile = line === 0 && character === 0 && one.range.end.line === 0 && one.range.end.character === 0;
    const place = `${relative(options.base, one.file) || one.file}${wholeFile ? '' : `:${line + 1}:${character + 1}`}`;
    const frame = wholeFile ? '' : codeFrame(one, textOf(one.file), paint);
    const fix = one.fix === undefined ? '' : `\n  ${paint('dim', 'fix:')} ${plain(one.fix.title)}`;
    return `${paint(one.severity, one.severity)} ${paint('bold', one.code)} ${plain(place)} ${paint('dim', CATALOGUE[one.code].title)}\n  ${plain(one.message)}${frame}${fix}\n`;
  });
  return `${parts.join('\n')}${parts.length === 0 ? '' : '\n'}${summary(findings)}\n`;
}

/** `2 errors, 1 warning`, or `No findings.` */
export function summary(findings: readonly Finding[]): string {
  const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    if (count === 0) return [];
    return [severity === 'info' ? `${count} info` : `${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.length === 0 ? 'No findings.' : counts.join(', ');
}

function codeFrame(
  one: Finding,
  text: string | null,
  paint: (style: Severity | 'dim', text: string) => string,
): string {
  const { start, end } = one.range;
  const line = text?.split(/\r\n|\r|\n/)[start.line];
  if (line === undefined || line.trim() === '') return '';
  const from = Math.max(0, Math.min(start.character - 40, line.length - FRAME_WIDTH));
  const shown = plain(line.slice(from, from + FRAME_WIDTH));
  const until = end.line === start.line ? end.character : line.length;
  const column = start.character - from;
  const width = Math.max(1, Math.min(until - start.character, shown.length - column));
  const number = String(start.line + 1);
  const gutter = ' '.repeat(number.length);
  return `\n  ${paint('dim', `${number} |`)} ${shown}\n  ${paint('dim', `${gutter} |`)} ${' '.repeat(Math.max(0, column))}${paint(one.severity, '^'.repeat(width))}`;
}

/** What stands in a user's file must not steer the terminal. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

function cached(read: (file: string) => string | null): (file: string) => string | null {
  const seen = new Map<string, string | null>();
  return (file) => {
    const known = seen.get(file);
    if (known !== undefined) return known;
    const text = read(file);
    seen.set(file, text);
    return text;
  };
}

/** The texts of the program around a folder; a file outside of it is shown without its line. */
function diskText(base: string): (file: string) => string | null {
  const files = programFiles(findProgram(base) ?? base, undefined);
  return (file) => {
    const read = files.text(file, 'checkedSource');
    return read.state === 'ok' ? read.text : null;
  };
}
