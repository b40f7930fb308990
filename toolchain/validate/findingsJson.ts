import { relative, sep } from 'node:path';
import type { TextRange } from '../../program/textLines.ts';
import { CATALOGUE, type FindingCode, findingPage, type Severity } from './catalogue.ts';
import type { Finding } from './finding.ts';

/**
 * The output of `grafos validate --json`. Lines and UTF-16 characters count from 0; files are
 * relative to the program, with `/`.
 */
export interface FindingsJson {
  ok: boolean;
  errors: number;
  warnings: number;
  infos: number;
  findings: Array<{
    code: FindingCode;
    severity: Severity;
    title: string;
    message: string;
    file: string;
    range: TextRange;
    /** Path of the page inside the package. */
    page: string;
    fix: { title: string; edits: Array<{ file: string; range: TextRange; new_text: string }> } | null;
  }>;
}

/** `ok` is whether nothing of severity error was found. */
export function findingsJson(findings: readonly Finding[], base: string): FindingsJson {
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const path = (file: string) => relative(base, file).split(sep).join('/');
  return {
    ok: count('error') === 0,
    errors: count('error'),
    warnings: count('warning'),
    infos: count('info'),
    findings: findings.map(({ code, severity, message, file, range, fix }) => ({
      code,
      severity,
      title: CATALOGUE[code].title,
      message,
      file: path(file),
      range,
      page: findingPage(code),
      fix:
        fix === undefined
          ? null
          : {
              title: fix.title,
              edits: fix.edits.map((edit) => ({ file: path(edit.file), range: edit.range, new_text: edit.newText })),
            },
    })),
  };
}
