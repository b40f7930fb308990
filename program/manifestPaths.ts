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
  /** Lower case, because two such paths are one file on many disks. */
  const outputs = new Map<string, string>();
  const sources = new Map<string, string>();
  for (const { values, name } of tasklets) {
    const source = values.source?.value;
    if (source?.type === 'string') sources.set(tidyPath(source.value).toLowerCase(), name ?? '?');
  }

  for (const one of tasklets) {
    const report = (
      kind: ManifestProblemKind,
      span: Span,
      message: string,
      fix?: { title: string; newText: string },
    ) => {
      problems.push({
        kind,
        severity: 'error',
        message,
        range: lines.rangeOf(span),
        tasklet: one.table,
        ...(fix === undefined
          ? {}
          : { fix: { title: fix.title, edits: [{ range: lines.rangeOf(span), newText: fix.newText }] } }),
      });
    };
    /** The tidied path, or null when it was reported. */
    const inside = (key: 'source' | 'output' | 'fixtures'): { path: string; span: Span } | null => {
      const node = one.values[key]?.value;
      if (node?.type !== 'string') return null;
      const { value, span } = node;
      if (value.includes('\\')) {
        const better = value.replaceAll('\\', '/');
        report(
          'path-backslash',
          span,
          `"${value}" has a backslash, which separates folders on Windows only. Write "${better}": the manifest is the same on every machine.`,
          {
            title: `Change to "${better}"`,
            newText: JSON.stringify(better),
          },
        );
        return null;
      }
      const path = tidyPath(value);
      if (path === '' && value !== '.' && value !== './') {
        report('path-outside', span, `"${key}" is empty. Write a path inside the program's folder.`);
        return null;
      }
      if (/^(\/|[A-Za-z]:|~)/.test(value) || path.split('/').includes('..') || value.includes('\0')) {
        report(
          'path-outside',
          span,
          `"${value}" leaves the program's folder. A program must build wherever its folder is copied to: write a path relative to grafos.toml, without "..".`,
        );
        return null;
      }
      return { path, span };
    };

    const source = inside('source');
    if (source !== null) {
      const given = one.values.source?.value;
      const written = given?.type === 'string' ? given.value : source.path;
      if (sourceKind(written) === null) {
        const folder = /^(.*?)\/?(?:src\/[^/]+\.rs|Cargo\.toml)$/.exec(source.path)?.[1];
        report(
          'source-kind',
          source.span,
          `grafOS does not build "${source.path}". A source is a .ts file (AssemblyScript), a folder with a Cargo.toml or one of its src/tasklets/<name>.rs (Rust), a .wat file or a .wasm file.${folder ? ` For this crate write "${folder}".` : ''}`,
          folder ? { title: `Change to "${folder}"`, newText: JSON.stringify(folder) } : undefined,
        );
      }
    }

    const output = inside('output');
    inside('fixtures');
    const nameSpan = one.values.name?.value.span;
    const path =
      output?.path ??
      (one.values.output === undefined && one.name !== null
        ? manifestKey('tasklet', 'output')?.default?.replace('<name>', one.name)
        : undefined);
    const span = output?.span ?? nameSpan;
    if (path === undefined || span === undefined) continue;
    if (output !== null && !path.endsWith('.wasm')) {
      const better = `${path.replace(/\.[A-Za-z0-9]+$/, '')}.wasm`;
      report(
        'output-not-wasm',
        span,
        `"${path}" does not end in .wasm, so no tool would know it for a module. Write "${better}".`,
        {
          title: `Change to "${better}"`,
          newText: JSON.stringify(better),
        },
      );
      continue;
    }
    const folded = path.toLowerCase();
    const other = outputs.get(folded);
    // Two tasklets of one name have one default output; the name is the fault, and it is reported.
    if (other !== undefined && !(other === one.name && output === null)) {
      report(
        'output-collision',
        span,
        `The tasklet "${other}" is written to "${path}" too, so the later build would replace the earlier. Give one of them another output.`,
      );
    }
    outputs.set(folded, one.name ?? '?');
    const overwritten = sources.get(folded);
    const ownWasm = source !== null && tidyPath(source.path).toLowerCase() === folded;
    if (overwritten !== undefined && !ownWasm) {
      report(
        'output-collision',
        span,
        `Building would overwrite "${path}", which is the source of "${overwritten}". Give this tasklet another output.`,
      );
    }
  }
  return problems;
}
