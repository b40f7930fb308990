import type { JsonNode } from '../readJson.ts';
import { element } from './element.ts';
import { paged } from './paged.ts';

/** Rows that are drawn at once. */
const PAGE = 100;
/** Rows whose members give the columns. */
const HEAD_ROWS = 200;
/** Columns of a table at most. */
const COLUMNS_MAX = 40;

type Row = Map<string, JsonNode>;

/** Draws an array of objects as rows under the names of their members; null for any other value. */
export function jsonTable(value: JsonNode, labels: { caption: string; more: string }): HTMLElement | null {
  if (value.kind !== 'array' || value.items.length === 0) return null;
  const rows: Row[] = [];
  for (const item of value.items) {
    if (item.kind !== 'object') return null;
    rows.push(new Map(item.members));
  }
  const columns = [...new Set(rows.slice(0, HEAD_ROWS).flatMap((row) => [...row.keys()]))];
  if (columns.length === 0 || columns.length > COLUMNS_MAX) return null;
  const body = element('tbody');
  const head = element('tr', {}, element('th', { text: '#', attributes: { scope: 'col' } }));
  head.append(...columns.map((name) => element('th', { text: name, attributes: { scope: 'col' } })));
  const table = element('table', { attributes: { 'aria-label': labels.caption } }, element('thead', {}, head), body);
  const add = (from: number, to: number) =>
    body.append(...rows.slice(from, to).map((row, index) => tableRow(from + index, row, columns)));
  const button = paged(rows.length, PAGE, add, labels.more);
  const holder = element(
    'div',
    { class: 'table', attributes: { tabindex: '0', role: 'region', 'aria-label': labels.caption } },
    table,
  );
  if (button !== null) holder.append(button);
  return holder;
}

function tableRow(index: number, row: Row, columns: string[]): HTMLTableRowElement {
  const cells = columns.map((name) => {
    const value = row.get(name);
    return element('td', { class: value?.kind ?? 'none', text: value === undefined ? '' : cellText(value) });
  });
  return element('tr', {}, element('th', { text: String(index), attributes: { scope: 'row' } }), ...cells);
}

function cellText(value: JsonNode): string {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'number':
    case 'word':
      return value.source;
    case 'array':
      return `[ ${value.items.length} ]`;
    case 'object':
      return `{ ${value.members.length} }`;
  }
}
