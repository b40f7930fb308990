import { join } from 'node:path';
import type { Tasklet, TaskletText } from '../../program/manifest.ts';
import type { TextLines, TextRange } from '../../program/textLines.ts';
import type { FindingCode } from './catalogue.ts';
import { type Finding, type FindingFix, finding } from './finding.ts';
import type { ProgramFiles } from './programFiles.ts';

/** One tasklet under check. */
export interface TaskletContext {
  root: string;
  manifestPath: string;
  tasklet: Tasklet;
  files: ProgramFiles;
  findings: Finding[];
  /** Absolute path of a path of the manifest. */
  path(relative: string): string;
  /** Where the manifest gives the key; where it does not, the tasklet's name or header. */
  rangeOf(
    key: 'name' | 'source' | 'output' | 'fuel' | 'linear_memory' | 'mem' | 'timeout' | 'fixtures' | 'gpu',
  ): TextRange;
  given(key: string): boolean;
  report(code: FindingCode, file: string, range: TextRange, message: string, fix?: Parameters<typeof finding>[4]): void;
  /** An edit of the manifest that sets a key, or adds it under the tasklet's header. */
  setKey(key: string, value: string): FindingFix['edits'][number] | null;
}

export function createTaskletContext(
  program: { root: string; manifestPath: string; lines: TextLines; files: ProgramFiles; findings: Finding[] },
  text: TaskletText,
  tasklet: Tasklet,
): TaskletContext {
  const { root, manifestPath, lines, files, findings } = program;
  const requires = text.values.requires?.value;
  const entryOf = (key: string) =>
    key === 'gpu'
      ? requires?.type === 'table'
        ? requires.entries.find((entry) => entry.key === 'gpu')
        : undefined
      : text.values[key];
  const fallback = text.values.name?.value.span ?? text.table.header ?? text.table.span;
  return {
    root,
    manifestPath,
    tasklet,
    files,
    findings,
    path: (relative) => join(root, relative),
    rangeOf: (key) => lines.rangeOf(entryOf(key)?.value.span ?? fallback),
    given: (key) => entryOf(key) !== undefined,
    report: (code, file, range, message, fix) => {
      findings.push(finding(code, file, range, message, fix));
    },
    setKey: (key, value) => {
      const entry = entryOf(key);
      if (entry !== undefined) return { file: manifestPath, range: lines.rangeOf(entry.value.span), newText: value };
      // A whole line goes before the source: a comment could follow it.
      const before = text.values.source?.keySpan.start;
      if (before === undefined || text.table.form === 'inline') return null;
      return {
        file: manifestPath,
        range: lines.rangeOf({ start: before, end: before }),
        newText: `${key} = ${value}\n`,
      };
    },
  };
}
