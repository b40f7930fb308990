import type { Hover } from 'vscode-languageserver/node';
import type { ParsedManifest } from '../program/manifest.ts';
import { manifestKey } from '../program/manifestKeys.ts';
import { placeAt } from '../program/manifestPlace.ts';
import type { TextPosition } from '../program/textLines.ts';
import { keyWords, tableWords } from './manifestWords.ts';

/** Explains a key, value or header of grafos.toml. */
export function manifestHover(parsed: ParsedManifest, position: TextPosition): Hover | null {
  const { table, key, part, span } = placeAt(parsed, position);
  if (table === null || span === null) return null;
  const say = (value: string): Hover => ({
    contents: { kind: 'markdown', value },
    range: parsed.lines.rangeOf(span),
  });
  if (part === 'header') return say(tableWords(table));
  if (key === 'requires' && table === 'tasklet') return say(tableWords('requires'));
  const row = key === null ? undefined : manifestKey(table, key);
  if (row === undefined) return null;
  const written = part === 'value' ? parsed.document.text.slice(span.start, span.end).replace(/^["']|["']$/g, '') : '';
  return say(keyWords(row, written === '' ? undefined : written));
}
