import type { FlameFrame, FromPage, PanelWords, ProfileShown } from '../panelMessages.ts';
import { element } from './element.ts';
import { flameGraph } from './flameGraph.ts';

/** The profile of the run: its flame graph, and the fuel of functions and lines. */
export class ProfileSection {
  readonly root: HTMLElement;
  readonly #words: PanelWords;
  readonly #send: (message: FromPage) => void;
  readonly #body = element('div');

  constructor(words: PanelWords, send: (message: FromPage) => void) {
    this.#words = words;
    this.#send = send;
    const head = element('div', { class: 'heading' }, element('h2', { text: words.profile }));
    this.root = element('section', { class: 'profile' }, head, this.#body);
    this.clear();
  }

  clear(): void {
    this.root.hidden = true;
    this.#body.replaceChildren();
  }

  show({ functions, lines, lineHeads, flame, notes }: ProfileShown): void {
    const tell = ({ name, self, total }: FlameFrame) =>
      `${name}: ${total.toLocaleString(document.documentElement.lang)} (${self.toLocaleString(document.documentElement.lang)})`;
    this.#body.replaceChildren(
      ...(flame.length === 0 ? [] : [flameGraph(flame, { name: this.#words.flame, tell })]),
      table(this.#words.functions, functions[0] ?? [], functions.slice(1), (cell) => element('span', { text: cell })),
      ...(lines.length === 0
        ? []
        : [
            table(
              this.#words.lines,
              lineHeads,
              lines.map(({ cells }) => cells),
              (cell, row) => this.#line(cell, lines[row]),
            ),
          ]),
      ...notes.map((note) => element('p', { class: 'quiet', text: note })),
    );
    this.root.hidden = false;
  }

  #line(cell: string, line: ProfileShown['lines'][number] | undefined): HTMLElement {
    if (line === undefined || line.isPlain) return element('span', { text: cell });
    const link = element('a', { text: cell, attributes: { href: '#' } });
    link.addEventListener('click', (event) => {
      event.preventDefault();
      this.#send({ kind: 'place', file: line.file, line: line.line, column: 1 });
    });
    return link;
  }
}

/**
 * @param last draws the content of the last column's cell in a row
 */
function table(
  caption: string,
  heads: string[],
  rows: string[][],
  last: (cell: string, row: number) => HTMLElement,
): HTMLElement {
  const head = element('tr', {}, ...heads.map((text) => element('th', { text, attributes: { scope: 'col' } })));
  const body = rows.map((cells, row) =>
    element(
      'tr',
      {},
      ...cells.map((cell, column) =>
        column === cells.length - 1
          ? element('td', {}, last(cell, row))
          : element('td', { class: 'number', text: cell }),
      ),
    ),
  );
  return element(
    'div',
    { class: 'table', attributes: { tabindex: '0', role: 'region', 'aria-label': caption } },
    element(
      'table',
      { attributes: { 'aria-label': caption } },
      element('thead', {}, head),
      element('tbody', {}, ...body),
    ),
  );
}
