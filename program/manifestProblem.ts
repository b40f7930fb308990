import type { Span, TextRange } from './textLines.ts';
import type { TomlTable } from './tomlDocument.ts';

/** Each kind is one finding of `grafos validate` (docs/reference/findings). */
export const MANIFEST_PROBLEM_KINDS = [
  'toml-syntax',
  'duplicate-key',
  'unknown-key',
  'wrong-type',
  'wrong-table-form',
  'missing-key',
  'bad-name',
  'bad-version',
  'bad-size',
  'bad-duration',
  'out-of-bounds',
  'part-of-a-page',
  'duplicate-name',
  'path-outside',
  'path-backslash',
  'source-kind',
  'output-not-wasm',
  'output-collision',
  'no-tasklets',
  'duplicate-port',
] as const;

export type ManifestProblemKind = (typeof MANIFEST_PROBLEM_KINDS)[number];

export interface ManifestProblem {
  kind: ManifestProblemKind;
  severity: 'error' | 'warning';
  /** The fault, its reason and the next step. */
  message: string;
  range: TextRange;
  fix?: { title: string; edits: { range: TextRange; newText: string }[] };
  /** The table of the tasklet the problem belongs to. */
  tasklet?: TomlTable;
}

export interface Fix {
  title: string;
  span: Span;
  newText: string;
}

/** Reports a fault of one table. The severity is error unless it is given. */
export type Report = (
  kind: ManifestProblemKind,
  span: Span,
  message: string,
  more?: { fix?: Fix; severity?: 'warning' },
) => void;
