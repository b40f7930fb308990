/** Finds the subject of a place in the text of a manifest, for completion, hover and rename. */
import type { ParsedManifest, TaskletText } from './manifest.ts';
import type { TableName } from './manifestKeys.ts';
import type { Span, TextPosition } from './textLines.ts';
import type { TomlEntry, TomlTable } from './tomlDocument.ts';

export interface ManifestPlace {
  /** The table the place is in; null between the tables the manifest knows. */
  table: TableName | null;
  /** The key the place is in or behind, known or not. */
  key: string | null;
  /**
   * The part at the place: a key, a value, a header, or the blank part of a table where a key could
   * be written.
   */
  part: 'key' | 'value' | 'header' | 'blank';
  /** The touched key, value or header. */
  span: Span | null;
  /** Keys the table has already. */
  keys: string[];
  /** The tasklet the place belongs to. */
  tasklet: TaskletText | null;
}

export function placeAt(parsed: ParsedManifest, position: TextPosition): ManifestPlace {
  const { document, lines } = parsed;
  const offset = lines.offsetAt(position);
  const root = document.root;
  const sections: { name: TableName; table: TomlTable; tasklet: TaskletText | null }[] = [];
  for (const name of ['program', 'stack'] as const) {
    const table = root.entries.find(({ key }) => key === name)?.value;
    if (table?.type === 'table') sections.push({ name, table, tasklet: null });
  }
  for (const tasklet of parsed.tasklets) {
    sections.push({ name: 'tasklet', table: tasklet.table, tasklet });
    const requires = tasklet.table.entries.find(({ key }) => key === 'requires')?.value;
    if (requires?.type === 'table') sections.push({ name: 'requires', table: requires, tasklet });
  }
  // The innermost: a later section that begins at or before the place.
  const here = sections
    .filter(({ table }) => touches(table.span, offset))
    .sort((left, right) => left.table.span.start - right.table.span.start)
    .at(-1);
  const table = here?.table ?? root;
  const place = (part: ManifestPlace['part'], key: string | null, span: Span | null): ManifestPlace => ({
    table: here?.name ?? null,
    key,
    part,
    span,
    keys: table.entries.map((entry) => entry.key),
    tasklet: here?.tasklet ?? null,
  });
  if (table.header !== null && touches(table.header, offset)) return place('header', null, table.header);
  const entry = table.entries.find((one) => touches(one.keySpan, offset) || behindKey(one, offset));
  if (entry === undefined) return place('blank', null, null);
  return touches(entry.keySpan, offset)
    ? place('key', entry.key, entry.keySpan)
    : place('value', entry.key, entry.value.span);
}

function behindKey(entry: TomlEntry, offset: number): boolean {
  return entry.value.type !== 'table' && offset > entry.keySpan.end && offset <= entry.value.span.end;
}

function touches(span: Span, offset: number): boolean {
  return offset >= span.start && offset <= span.end;
}
