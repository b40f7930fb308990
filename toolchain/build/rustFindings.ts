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

function words({ code, message, children }: RustcMessage): string {
  const help = children
    .filter(({ level }) => level === 'help' || level === 'note')
    .map((child) => `${child.level}: ${child.message}`);
  return [`${code === null ? '' : `${code.code}: `}${message}`, ...help].join('\n');
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
