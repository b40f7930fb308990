import type { TextRange } from '../../program/textLines.ts';
import { CATALOGUE, type FindingCode, type Severity } from './catalogue.ts';

export interface FindingEdit {
  /** Absolute path. */
  file: string;
  range: TextRange;
  newText: string;
}

export interface FindingFix {
  /** The effect of the edits, as a menu entry. */
  title: string;
  edits: FindingEdit[];
}

/** One thing found wrong, the same object for the CLI, SARIF and the editor. */
export interface Finding {
  code: FindingCode;
  severity: Severity;
  /** The fault, its reason and the next step. */
  message: string;
  /** Absolute path; may be a folder or a file that is not there. */
  file: string;
  /** Lines and UTF-16 characters from 0; `end` is exclusive. A byte order mark is not counted. */
  range: TextRange;
  fix?: FindingFix;
}

/** The range of findings about a whole file. */
export const FILE_START: TextRange = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** A finding with the severity of its code. */
export function finding(
  code: FindingCode,
  file: string,
  range: TextRange,
  message: string,
  fix?: { title: string; edits: { range: TextRange; newText: string; file?: string }[] },
): Finding {
  return {
    code,
    severity: CATALOGUE[code].severity,
    message,
    file,
    range,
    ...(fix === undefined
      ? {}
      : {
          fix: {
            title: fix.title,
            edits: fix.edits.map((edit) => ({ file: edit.file ?? file, range: edit.range, newText: edit.newText })),
          },
        }),
  };
}

/** Sorts findings, each once: two tasklets that share a source find the same thing twice. */
export function uniqueFindings(findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort(compareFindings);
  return sorted.filter((one, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareFindings(before, one) !== 0;
  });
}

/** By file, place, code and words: the same findings always come in the same order. */
export function compareFindings(left: Finding, right: Finding): number {
  return (
    byText(left.file, right.file) ||
    left.range.start.line - right.range.start.line ||
    left.range.start.character - right.range.start.character ||
    byText(left.code, right.code) ||
    byText(left.message, right.message)
  );
}

function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
