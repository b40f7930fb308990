import { type CompletionItem, CompletionItemKind, InsertTextFormat } from 'vscode-languageserver/node';
import type { ParsedManifest } from '../program/manifest.ts';
import {
  keysOf,
  type ManifestKey,
  MODULE_FEATURES,
  manifestKey,
  TABLES,
  type TableName,
  TRANSPORTS,
} from '../program/manifestKeys.ts';
import { placeAt } from '../program/manifestPlace.ts';
import type { TextPosition, TextRange } from '../program/textLines.ts';
import { keyWords, tableWords } from './manifestWords.ts';

export interface CompletionContext {
  parsed: ParsedManifest;
  position: TextPosition;
  /** The client fills in placeholders. */
  snippets: boolean;
  /** Paths of the program that a tasklet can be made from, relative with `/`. */
  sources(): string[];
}

const SIZES = ['32KiB', '64KiB', '128KiB', '1MiB', '16MiB', '32MiB'];
const DURATIONS = ['500ms', '1s', '10s', '30s', '2m'];

/**
 * Completes a place of grafos.toml: headers, the keys that a table lacks, and the values of a key.
 */
export function manifestCompletion(context: CompletionContext): CompletionItem[] {
  const { parsed, position } = context;
  const { text } = parsed.document;
  const start = parsed.lines.offsetAt({ line: position.line, character: 0 });
  const at = parsed.lines.offsetAt(position);
  const before = text.slice(start, at);
  const after = /^[^\r\n]*/.exec(text.slice(at))?.[0] ?? '';
  const onLine = (from: number, to: number): TextRange => ({
    start: { line: position.line, character: from },
    end: { line: position.line, character: to },
  });
  if (/^\s*#/.test(before)) return [];
  const header = /^(\s*)\[[^\]]*$/.exec(before);
  if (header !== null) {
    const closing = /^[\w.]*\]*/.exec(after)?.[0].length ?? 0;
    return headers(context, onLine(header[1]?.length ?? 0, position.character + closing), false);
  }
  const value = /^\s*([A-Za-z0-9_-]+)\s*=\s*("[^"]*|'[^']*|[^\s"'#]*)$/.exec(before);
  const place = placeAt(parsed, position);
  if (value !== null && place.table !== null) {
    const row = manifestKey(place.table, value[1] ?? '');
    const begun = value[2] ?? '';
    const quote = /^["']/.exec(begun)?.[0];
    const rest = quote === undefined ? /^[^\s#]*/ : new RegExp(`^[^${quote}]*${quote}?`);
    const range = onLine(position.character - begun.length, position.character + (rest.exec(after)?.[0].length ?? 0));
    return row === undefined ? [] : values(context, row, range, place.tasklet?.name ?? null);
  }
  const key = /^(\s*)([A-Za-z0-9_-]*)$/.exec(before);
  if (key === null) return [];
  const word = /^[A-Za-z0-9_-]*/.exec(after)?.[0].length ?? 0;
  const range = onLine(key[1]?.length ?? 0, position.character + word);
  // A key that has its value already is only renamed.
  const valued = /^\s*=/.test(after.slice(word));
  return [
    ...(place.table === null ? [] : keys(context, place.table, place.keys, range, valued)),
    ...(valued ? [] : headers(context, range, true)),
  ];
}

function headers({ parsed, snippets }: CompletionContext, range: TextRange, late: boolean): CompletionItem[] {
  const has = (name: string) => parsed.document.root.entries.some(({ key }) => key === name);
  return (Object.keys(TABLES) as TableName[])
    .filter((table) => {
      if (table === 'program') return !has(table);
      if (table === 'tasklet') return true;
      return parsed.tasklets.length > 0 && (table !== 'stack' || !has(table));
    })
    .map((table, index) => {
      const { header } = TABLES[table];
      const wanted = keysOf(table).filter((row) => row.default === null);
      const lines = wanted.map(
        (row, at) => `${row.key} = ${snippets ? placeholder(at + 1, row.example) : row.example}`,
      );
      return {
        label: header,
        kind: CompletionItemKind.Module,
        detail: 'table',
        documentation: { kind: 'markdown', value: tableWords(table) },
        filterText: late ? table : header,
        sortText: `${late ? 'z' : 'a'}${index}`,
        insertTextFormat: snippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
        textEdit: { range, newText: [header, ...lines].join('\n') },
      };
    });
}

function keys(
  { snippets }: CompletionContext,
  table: TableName,
  present: readonly string[],
  range: TextRange,
  valued: boolean,
): CompletionItem[] {
  return keysOf(table)
    .filter(({ key }) => !present.includes(key))
    .map((row, index) => {
      const given = snippets ? placeholder(1, row.example) : row.example;
      return {
        label: row.key,
        kind: CompletionItemKind.Property,
        detail: row.default === null ? 'required' : `default ${row.default}`,
        documentation: { kind: 'markdown', value: keyWords(row) },
        sortText: `${row.default === null ? 'a' : 'b'}${String(index).padStart(2, '0')}`,
        insertTextFormat: snippets && !valued ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
        textEdit: { range, newText: valued ? row.key : `${row.key} = ${given}` },
      };
    });
}

/** The example as a placeholder that keeps its quotes when it is typed over. */
function placeholder(stop: number, example: string): string {
  const inner = /^"(.*)"$/.exec(example)?.[1];
  const escaped = (inner ?? example).replaceAll(/[\\$}]/g, '\\$&');
  return inner === undefined ? `\${${stop}:${escaped}}` : `"\${${stop}:${escaped}}"`;
}

function values(
  context: CompletionContext,
  row: ManifestKey,
  range: TextRange,
  tasklet: string | null,
): CompletionItem[] {
  const quoted = (text: string) => JSON.stringify(text);
  const item = (text: string, index: number, kind: CompletionItemKind, detail?: string): CompletionItem => ({
    label: text,
    kind,
    ...(detail === undefined ? {} : { detail }),
    filterText: text,
    sortText: String(index).padStart(4, '0'),
    textEdit: { range, newText: text },
  });
  const own = row.default?.replace('<name>', tasklet ?? 'name');
  switch (row.kind) {
    case 'source':
      return context.sources().map((path, index) => item(quoted(path), index, CompletionItemKind.File));
    case 'path':
      return own === undefined ? [] : [item(quoted(own), 0, CompletionItemKind.File, 'default')];
    case 'size':
    case 'duration': {
      const all = row.kind === 'duration' ? DURATIONS : own === '0' ? ['0', ...SIZES] : SIZES;
      return all.map((text, index) =>
        item(
          text === '0' ? text : quoted(text),
          text === own ? 0 : index + 1,
          CompletionItemKind.Value,
          text === own ? 'default' : undefined,
        ),
      );
    }
    case 'transport':
      return TRANSPORTS.map((one, index) =>
        item(quoted(one), index, CompletionItemKind.EnumMember, one === own ? 'default' : undefined),
      );
    case 'count':
      return own === undefined ? [] : [item(own, 0, CompletionItemKind.Value, 'default')];
    case 'features':
      return [own ?? row.example, ...MODULE_FEATURES.map((name) => `["${name}"]`), '[]'].map((text, index) =>
        item(text, index, CompletionItemKind.Value, text === own ? 'default' : undefined),
      );
    case 'name':
    case 'version':
      return [item(row.example, 0, CompletionItemKind.Value, 'example')];
  }
}
