import { hexDump } from '../hexDump.ts';
import { pictureType, textOf, wholeCharacters } from '../outputKind.ts';
import type { OutputShown, PanelWords } from '../panelMessages.ts';
import { readJson } from '../readJson.ts';
import { element } from './element.ts';
import { jsonTable } from './jsonTable.ts';
import { jsonTree } from './jsonTree.ts';
import { longText } from './longText.ts';
import { pictureOf } from './pictureOf.ts';
import { setText } from './setText.ts';

/** Characters of a text that are drawn at once. */
const TEXT_PIECE = 128 * 1024;
/** Bytes of a dump that are drawn at once. */
const HEX_PIECE = 4 * 1024;
/** Characters of the longest text that gets a tree, which takes many times its size. */
const TREE_CHARACTERS = 4 * 1024 * 1024;

type ViewName = 'picture' | 'tree' | 'table' | 'text' | 'hex';

interface View {
  name: ViewName;
  draw(): HTMLElement;
  /** Gives the text for "Copy". */
  copied(): string;
}

/**
 * The output of the run as a picture, a table, a tree, text or bytes. The first form that fits is
 * open.
 */
export class OutputSection {
  readonly root: HTMLElement;
  readonly #words: PanelWords;
  readonly #tabs: HTMLElement;
  readonly #body: HTMLElement;
  readonly #note: HTMLElement;
  readonly #buttons: HTMLElement;
  #views: View[] = [];
  #shown: View | undefined;
  /** The form that the person chose last. The next output opens in it if it has that form. */
  #wanted: ViewName | undefined;

  constructor(words: PanelWords, on: { copy(text: string): void; save(): void }) {
    this.#words = words;
    this.#tabs = element('span', { class: 'tabs', attributes: { role: 'group', 'aria-label': words.views } });
    this.#body = element('div', { class: 'body' });
    this.#note = element('p', { class: 'quiet' });
    const copy = element('button', { text: words.copy, attributes: { type: 'button' } });
    const save = element('button', { text: words.save, attributes: { type: 'button' } });
    copy.addEventListener('click', () => on.copy(this.#shown?.copied() ?? ''));
    save.addEventListener('click', () => on.save());
    this.#buttons = element('span', { class: 'tools' }, this.#tabs, copy, save);
    const head = element('div', { class: 'heading' }, element('h2', { text: words.output }), this.#buttons);
    this.root = element('section', { class: 'output' }, head, this.#body, this.#note);
    this.clear();
  }

  /** Empties the section, which keeps its height so that nothing below it jumps. */
  clear(): void {
    this.root.style.minHeight = `${this.root.offsetHeight}px`;
    this.#body.replaceChildren();
    this.#buttons.hidden = true;
    setText(this.#note, '');
  }

  show({ bytes, size, note }: OutputShown): void {
    setText(this.#note, note);
    this.#buttons.hidden = size === 0;
    this.#views = size === 0 ? [] : this.#viewsOf(bytes, size);
    const first = this.#views.find(({ name }) => name === this.#wanted) ?? this.#views[0];
    this.#tabs.replaceChildren(...this.#views.map((view) => this.#tab(view)));
    if (first === undefined) {
      this.#shown = undefined;
      this.#body.replaceChildren(element('p', { class: 'quiet', text: this.#words.noOutput }));
    } else this.#open(first);
    this.root.style.minHeight = '';
  }

  #viewsOf(bytes: Uint8Array, size: number): View[] {
    const { more, output } = this.#words;
    const labels = { name: output, more };
    const hex: View = {
      name: 'hex',
      draw: () => longText(bytes.length, HEX_PIECE, (from, to) => linedUp(hexDump(bytes, from, to), from), labels),
      copied: () => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    };
    const type = pictureType(bytes);
    if (type !== null && bytes.length === size) {
      return [{ name: 'picture', draw: () => pictureOf(bytes, type), copied: hex.copied }, hex];
    }
    const text = textOf(bytes.length < size ? wholeCharacters(bytes) : bytes);
    if (text === null) return [hex];
    const plain: View = {
      name: 'text',
      draw: () => longText(text.length, TEXT_PIECE, (from, to) => text.slice(edge(text, from), edge(text, to)), labels),
      copied: () => text,
    };
    const value = bytes.length < size || text.length > TREE_CHARACTERS ? null : readJson(text);
    if (value === null) return [plain, hex];
    const table = jsonTable(value, { caption: output, more });
    return [
      ...(table === null ? [] : [{ name: 'table', draw: () => table, copied: () => text } satisfies View]),
      { name: 'tree', draw: () => jsonTree(value, more), copied: () => text },
      plain,
      hex,
    ];
  }

  #tab(view: View): HTMLButtonElement {
    const tab = element('button', {
      text: this.#words[view.name],
      attributes: { type: 'button', 'data-view': view.name, 'aria-pressed': 'false' },
    });
    tab.addEventListener('click', () => {
      this.#wanted = view.name;
      this.#open(view);
    });
    return tab;
  }

  #open(view: View): void {
    this.#shown = view;
    this.#body.replaceChildren(view.draw());
    for (const tab of this.#tabs.querySelectorAll('button')) {
      tab.setAttribute('aria-pressed', String(tab.dataset.view === view.name));
    }
  }
}

/** Begins a dump that follows another one on a line of its own. */
function linedUp(dump: string, from: number): string {
  return from === 0 ? dump : `\n${dump}`;
}

/** Moves the end of a piece of text past a surrogate pair that it would cut in half. */
function edge(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
