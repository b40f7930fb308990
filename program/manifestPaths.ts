/**
 * Checks the paths of a manifest: they are inside the program, of a kind that builds, and no two
 * things are written to one place.
 */
import type { TaskletText } from './manifest.ts';
import { manifestKey } from './manifestKeys.ts';
import type { ManifestProblem, ManifestProblemKind } from './manifestProblem.ts';
import { sourceKind, tidyPath } from './sourceKind.ts';
import type { Span, TextLines } from './textLines.ts';

export function checkPaths(tasklets: TaskletText[], lines: TextLines): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const written: Written = { outputs: new Map(), sources: new Map() };
  for (const { values, name } of tasklets) {
    const source = values.source?.value;
    if (source?.type === 'string') written.sources.set(tidyPath(source.value).toLowerCase(), name ?? '?');
  }
  for (const tasklet of tasklets) {
    const report: Report = (kind, span, message, better) => {
      const range = lines.rangeOf(span);
      const fix = better === undefined ? {} : { fix: changeTo(better, range) };
      problems.push({ kind, severity: 'error', message, range, tasklet: tasklet.table, ...fix });
    };
    const source = insidePath(tasklet, 'source', report);
    if (source !== null) checkSource(tasklet, source, report);
    const output = insidePath(tasklet, 'output', report);
    insidePath(tasklet, 'fixtures', report);
    checkOutput(tasklet, { source, output, written }, report);
  }
  return problems;
}

/** @param better text that the fix writes in place of the value */
type Report = (kind: ManifestProblemKind, span: Span, message: string, better?: string) => void;

/** A path of the manifest, tidied. */
interface TidyPath {
  path: string;
  span: Span;
}

/**
 * The names of the tasklets by their paths. The paths are in lower case, because two paths that
 * differ in nothing else are one file on many disks.
 */
interface Written {
  outputs: Map<string, string>;
  sources: Map<string, string>;
}

function changeTo(better: string, range: ManifestProblem['range']): NonNullable<ManifestProblem['fix']> {
  return { title: `Change to "${better}"`, edits: [{ range, newText: JSON.stringify(better) }] };
}

/** The tidied path, or null when there is none or it was reported. */
function insidePath({ values }: TaskletText, key: 'source' | 'output' | 'fixtures', report: Report): TidyPath | null {
  const node = values[key]?.value;
  if (node?.type !== 'string') return null;
  const { value, span } = node;
  if (value.includes('\\')) {
    const better = value.replaceAll('\\', '/');
    const message = `"${value}" has a backslash, which separates folders on Windows only. Write "${better}": the manifest is the same on every machine.`;
    report('path-backslash', span, message, better);
    return null;
  }
  const path = tidyPath(value);
  if (path === '' && value !== '.' && value !== './') {
    report('path-outside', span, `"${key}" is empty. Write a path inside the program's folder.`);
    return null;
  }
  if (/^(\/|[A-Za-z]:|~)/.test(value) || path.split('/').includes('..') || value.includes('\0')) {
    const message = `"${value}" leaves the program's folder. A program must build wherever its folder is copied to: write a path relative to grafos.toml, without "..".`;
    report('path-outside', span, message);
    return null;
  }
  return { path, span };
}

function checkSource({ values }: TaskletText, { path, span }: TidyPath, report: Report): void {
  const given = values.source?.value;
  if (sourceKind(given?.type === 'string' ? given.value : path) !== null) return;
  const folder = /^(.*?)\/?(?:src\/[^/]+\.rs|Cargo\.toml)$/.exec(path)?.[1] || undefined;
  const advice = folder === undefined ? '' : ` For this crate write "${folder}".`;
  const message = `grafOS does not build "${path}". A source is a .ts file (AssemblyScript), a folder with a Cargo.toml or one of its src/tasklets/<name>.rs (Rust), a .wat file or a .wasm file.${advice}`;
  report('source-kind', span, message, folder);
}

function checkOutput(
  { name, values }: TaskletText,
  { source, output, written }: { source: TidyPath | null; output: TidyPath | null; written: Written },
  report: Report,
): void {
  const isDefault = values.output === undefined && name !== null;
  const path =
    output?.path ?? (isDefault ? manifestKey('tasklet', 'output')?.default?.replace('<name>', name) : undefined);
  const span = output?.span ?? values.name?.value.span;
  if (path === undefined || span === undefined) return;
  if (output !== null && !path.endsWith('.wasm')) {
    const better = `${path.replace(/\.[A-Za-z0-9]+$/, '')}.wasm`;
    const message = `"${path}" does not end in .wasm, so no tool would know it for a module. Write "${better}".`;
    report('output-not-wasm', span, message, better);
    return;
  }
  const folded = path.toLowerCase();
  const other = written.outputs.get(folded);
  // Two tasklets of one name have one default output; the name is the fault, and it is reported.
  if (other !== undefined && !(other === name && output === null)) {
    const message = `The tasklet "${other}" is written to "${path}" too, so the later build would replace the earlier. Give one of them another output.`;
    report('output-collision', span, message);
  }
  written.outputs.set(folded, name ?? '?');
  const overwritten = written.sources.get(folded);
  const isOwnSource = source !== null && tidyPath(source.path).toLowerCase() === folded;
  if (overwritten !== undefined && !isOwnSource) {
    const message = `Building would overwrite "${path}", which is the source of "${overwritten}". Give this tasklet another output.`;
    report('output-collision', span, message);
  }
}
