import type { JsonNode } from '../readJson.ts';
import { element } from './element.ts';
import { paged } from './paged.ts';

/** Members of one value that are drawn at once. */
const PAGE = 100;
/** Members of the largest value that is open from the beginning. */
const OPEN_MEMBERS = 20;
/** Levels that are open from the beginning. */
const OPEN_LEVELS = 3;

/**
 * Draws a JSON value as a tree of folds. Members are drawn when their value is opened for the first
 * time.
 */
export function jsonTree(value: JsonNode, more: string): HTMLElement {
  const tree = element('div', { class: 'tree' });
  tree.append(entry(null, value, 0, more));
  return tree;
}

function entry(label: string | null, value: JsonNode, level: number, more: string): HTMLElement {
  if (value.kind !== 'object' && value.kind !== 'array') {
    const line = element('div', { class: 'leaf' });
    if (label !== null) line.append(element('span', { class: 'name', text: label }), ': ');
    line.append(leaf(value));
    return line;
  }
  const members: Array<[string, JsonNode]> =
    value.kind === 'object'
      ? value.members.map(([name, member]) => [JSON.stringify(name), member])
      : value.items.map((item, index) => [String(index), item]);
  const fold = element('details');
  const summary = element('summary');
  if (label !== null) summary.append(element('span', { class: 'name', text: label }), ': ');
  const count = members.length.toLocaleString(document.documentElement.lang);
  summary.append(element('span', { class: 'count', text: value.kind === 'object' ? `{ ${count} }` : `[ ${count} ]` }));
  fold.append(summary);
  let isDrawn = false;
  const draw = (): void => {
    if (isDrawn) return;
    isDrawn = true;
    const list = element('div', { class: 'members' });
    const button = paged(
      members.length,
      PAGE,
      (from, to) =>
        list.append(...members.slice(from, to).map(([name, member]) => entry(name, member, level + 1, more))),
      more,
    );
    fold.append(list);
    if (button !== null) fold.append(button);
  };
  fold.addEventListener('toggle', () => {
    if (fold.open) draw();
  });
  if (level === 0 || (level < OPEN_LEVELS && members.length <= OPEN_MEMBERS)) {
    draw();
    fold.open = true;
  }
  return fold;
}

function leaf(value: Exclude<JsonNode, { kind: 'object' | 'array' }>): HTMLElement {
  const text = value.kind === 'string' ? JSON.stringify(value.value) : value.source;
  return element('span', { class: `value ${value.kind}`, text });
}
