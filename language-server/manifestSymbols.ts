import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver/node';
import type { ParsedManifest } from '../program/manifest.ts';
import type { Span } from '../program/textLines.ts';
import type { TomlTable } from '../program/tomlDocument.ts';

/** The program and its tasklets, with the keys each gives. */
export function manifestSymbols({ document, tasklets, lines }: ParsedManifest): DocumentSymbol[] {
  const { text } = document;
  const symbol = (
    name: string,
    detail: string,
    kind: SymbolKind,
    span: Span,
    select: Span,
    table: TomlTable | null,
  ) => {
    const outer = { start: Math.min(span.start, select.start), end: Math.max(span.end, select.end) };
    const range = lines.rangeOf({ start: outer.start, end: trimmedEnd(text, outer) });
    const selectionRange = lines.rangeOf(select);
    const children = (table?.entries ?? []).map(({ key, keySpan, value }): DocumentSymbol => {
      const inner = value.type === 'table' ? value : null;
      const whole = { start: keySpan.start, end: Math.max(keySpan.end, value.span.end) };
      const kind = inner === null ? SymbolKind.Property : SymbolKind.Struct;
      if (inner !== null) return symbol(key, '', kind, whole, keySpan, inner);
      const detail = text.slice(value.span.start, value.span.end);
      return { name: key, detail, kind, range: lines.rangeOf(whole), selectionRange: lines.rangeOf(keySpan) };
    });
    return { name, detail, kind, range, selectionRange, children } satisfies DocumentSymbol;
  };
  const symbols: DocumentSymbol[] = [];
  const program = document.root.entries.find(({ key }) => key === 'program');
  if (program?.value.type === 'table') {
    const { value, keySpan } = program;
    const name = value.entries.find(({ key }) => key === 'name')?.value;
    const shown = name?.type === 'string' && name.value !== '' ? name.value : 'program';
    symbols.push(symbol(shown, 'program', SymbolKind.Module, value.span, value.header ?? keySpan, value));
  }
  for (const one of tasklets) {
    const select = one.values.name?.value.span ?? one.table.header ?? one.table.span;
    const name = one.name === null || one.name === '' ? 'tasklet' : one.name;
    symbols.push(symbol(name, 'tasklet', SymbolKind.Function, one.table.span, select, one.table));
  }
  return symbols;
}

/** Without the blank lines before the next header. */
function trimmedEnd(text: string, { start, end }: Span): number {
  return start + text.slice(start, end).trimEnd().length;
}
