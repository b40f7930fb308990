import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DocumentLink, Location } from 'vscode-languageserver/node';
import type { ParsedManifest, TaskletText } from '../program/manifest.ts';
import { placeAt } from '../program/manifestPlace.ts';
import { rustSource } from '../program/rustSource.ts';
import type { TextPosition } from '../program/textLines.ts';
import { computePlace } from '../toolchain/language/computePlace.ts';
import { FILE_START } from '../toolchain/validate/finding.ts';
import { uriOfPath } from './filePaths.ts';

/** Links from the paths of grafos.toml to the files that are there. */
export function manifestLinks(parsed: ParsedManifest, root: string): DocumentLink[] {
  return parsed.tasklets.flatMap((one) =>
    (['source', 'output'] as const).flatMap((key): DocumentLink[] => {
      const value = one.values[key]?.value;
      if (value?.type !== 'string' || one.tasklet === null) return [];
      const file = key === 'source' ? sourceFile(root, one) : join(root, one.tasklet.output);
      if (file === null || !existsSync(file)) return [];
      const range = parsed.lines.rangeOf({
        start: value.span.start + 1,
        end: Math.max(value.span.start + 1, value.span.end - 1),
      });
      return [{ range, target: uriOfPath(file), tooltip: key === 'source' ? 'Open the source' : 'Open the module' }];
    }),
  );
}

/**
 * Leads from the name or the source of a tasklet to its `compute`.
 *
 * @param readText the text of a file, unsaved or saved; null where there is none
 */
export function manifestDefinition(
  parsed: ParsedManifest,
  root: string,
  position: TextPosition,
  readText: (path: string) => string | null,
): Location | null {
  const { tasklet, key, part } = placeAt(parsed, position);
  if (tasklet === null || part !== 'value' || (key !== 'source' && key !== 'name')) return null;
  const file = sourceFile(root, tasklet);
  if (file === null || !existsSync(file)) return null;
  const text = readText(file);
  const kind = tasklet.tasklet?.kind;
  const range = text === null || kind === undefined ? null : computePlace(kind, text);
  return { uri: uriOfPath(file), range: range ?? FILE_START };
}

/** The file to look at: of a crate its lib.rs, where there is one. */
function sourceFile(root: string, { tasklet }: TaskletText): string | null {
  if (tasklet === null) return null;
  const source = join(root, tasklet.source);
  if (tasklet.kind !== 'rust') return source;
  const { crate, entry } = rustSource(tasklet.source);
  const file = join(root, entry);
  return existsSync(file) ? file : join(root, crate, 'Cargo.toml');
}
