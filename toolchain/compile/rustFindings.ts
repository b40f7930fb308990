import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';
import type { TextRange } from '../../program/textLines.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import type { CargoMessage, RustcMessage, RustcSpan } from './runCargo.ts';

/**
 * The messages of rustc about a crate, as findings GRF2207 and GRF2208.
 *
 * @param crate absolute path of its folder
 */
export function rustFindings(messages: readonly CargoMessage[], crate: string): Finding[] {
  return messages.flatMap((one): Finding[] => {
    if (one.reason !== 'compiler-message') return [];
    const { message } = one;
    const isError = message.level.startsWith('error');
    if (!isError && message.level !== 'warning') return [];
    const span = ownSpan(
      message.spans.find(({ is_primary }) => is_primary),
      crate,
    );
    // Without a place these only count earlier messages ("aborting due to 2 previous errors", "1
    // warning emitted").
    if (span === undefined && /^aborting due to|warnings? emitted$/.test(message.message)) return [];
    const code = isError ? 'GRF2207' : 'GRF2208';
    if (span === undefined) return [finding(code, join(crate, 'Cargo.toml'), FILE_START, words(message))];
    return [finding(code, fileOf(span, crate), rangeOf(span), words(message))];
  });
}

/** Characters of a suggested text at most. */
const SUGGESTION_MAX = 100;

/**
 * Gives what rustc prints, without the source: the message, its labels by line, helps and notes.
 */
function words({ code, message, spans, children }: RustcMessage): string {
  const [primary] = spans.filter(({ is_primary }) => is_primary);
  const own = primary?.label ?? '';
  const others = spans.filter(({ is_primary, label }) => !is_primary && (label ?? '') !== '');
  const labels = others
    .sort((one, other) => one.line_start - other.line_start)
    .map(({ file_name, line_start, label }) => {
      const place = file_name === primary?.file_name ? `line ${line_start}` : `${file_name}:${line_start}`;
      return `${place}: ${label}`;
    });
  const help = children.filter(({ level }) => level === 'help' || level === 'note').map(helpWords);
  return [
    `${code === null ? '' : `${code.code}: `}${message}`,
    ...(own === '' || message.includes(own) ? [] : [own]),
    ...labels,
    ...help,
  ].join('\n');
}

function helpWords({ level, message, spans }: RustcMessage['children'][number]): string {
  const [only, ...more] = spans;
  const text = more.length === 0 ? (only?.suggested_replacement?.trim() ?? '') : '';
  const isShown = text !== '' && text.length <= SUGGESTION_MAX && !text.includes('\n');
  return `${level}: ${message}${isShown ? `: \`${text}\`` : ''}`;
}

/** Finds the place in the crate's own sources: for a macro of another crate, its call. */
function ownSpan(span: RustcSpan | undefined, crate: string): RustcSpan | undefined {
  for (let at = span; at !== undefined; at = at.expansion?.span)
    if (fileOf(at, crate).startsWith(join(crate, 'src') + sep)) return at;
  return span;
}

/** rustc names files as seen from the workspace's folder, which is the crate's or one above it. */
function fileOf(span: RustcSpan, crate: string): string {
  if (isAbsolute(span.file_name)) return span.file_name;
  for (let folder = crate; ; folder = dirname(folder)) {
    if (existsSync(join(folder, span.file_name))) return join(folder, span.file_name);
    if (dirname(folder) === folder) return join(crate, span.file_name);
  }
}

function rangeOf(span: RustcSpan): TextRange {
  const units = (line: string | undefined, column: number) => [...(line ?? '')].slice(0, column - 1).join('').length;
  return {
    start: { line: span.line_start - 1, character: units(span.text[0]?.text, span.column_start) },
    end: { line: span.line_end - 1, character: units(span.text.at(-1)?.text, span.column_end) },
  };
}
