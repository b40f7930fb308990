import { relative } from 'node:path';
import { blankedText } from '../../base/text/neutralText.ts';
import { findProgram } from '../../program/loadProgram.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { createProgramFiles } from './programFiles.ts';

export interface HumanOptions {
  /** Paths are shown relative to this folder. */
  base: string;
  /** Gives a part of a line its style; plain by default. */
  paint?: HumanPaint;
  /** Text of a file for the code frame; the disk by default. */
  textOf?: (file: string) => string | null;
}

export type HumanPaint = (style: 'red' | 'yellow' | 'cyan' | 'dim' | 'bold', text: string) => string;

const STYLES = { error: 'red', warning: 'yellow', info: 'cyan' } as const;
/** Longest part of a line that a code frame shows. */
const FRAME_WIDTH = 100;

/**
 * Findings for a terminal, each with the line it is about, and a last line that counts them. The
 * lines hold names and sources as they are: whoever prints them makes them fit for a terminal.
 */
export function renderHuman(findings: readonly Finding[], options: HumanOptions): string[] {
  const paint = options.paint ?? ((_style: string, text: string) => text);
  const textOf = cached(options.textOf ?? diskText(options.base));
  const parts = findings.flatMap((one) => {
    const { line, character } = one.range.start;
    const wholeFile = line === 0 && character === 0 && one.range.end.line === 0 && one.range.end.character === 0;
    const place = `${relative(options.base, one.file) || one.file}${wholeFile ? '' : `:${line + 1}:${character + 1}`}`;
    return [
      `${paint(STYLES[one.severity], one.severity)} ${paint('bold', one.code)} ${place} ${paint('dim', CATALOGUE[one.code].title)}`,
      ...one.message.split(/\r?\n/).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`),
      ...(wholeFile ? [] : codeFrame(one, textOf(one.file), paint)),
      ...(one.fix === undefined ? [] : [`  ${paint('dim', 'fix:')} ${one.fix.title}`]),
      '',
    ];
  });
  return [...parts, summary(findings)];
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

function codeFrame(one: Finding, text: string | null, paint: HumanPaint): string[] {
  const { start, end } = one.range;
  const line = text?.split(/\r\n|\r|\n/)[start.line];
  if (line === undefined || line.trim() === '') return [];
  const from = Math.max(0, Math.min(start.character - 40, line.length - FRAME_WIDTH));
  const shown = blankedText(line.slice(from, from + FRAME_WIDTH));
  const until = end.line === start.line ? end.character : line.length;
  const column = start.character - from;
  const width = Math.max(1, Math.min(until - start.character, shown.length - column));
  const number = String(start.line + 1);
  const gutter = ' '.repeat(number.length);
  return [
    `  ${paint('dim', `${number} |`)} ${shown}`,
    `  ${paint('dim', `${gutter} |`)} ${' '.repeat(Math.max(0, column))}${paint(STYLES[one.severity], '^'.repeat(width))}`,
  ];
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
  const files = createProgramFiles(findProgram(base) ?? base, undefined);
  return (file) => {
    const read = files.text(file, 'checkedSource');
    return read.state === 'ok' ? read.text : null;
  };
}
