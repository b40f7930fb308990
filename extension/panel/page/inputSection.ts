import type { InputShown, PanelWords } from '../panelMessages.ts';
import { element } from './element.ts';
import { setText } from './setText.ts';

/** The input of the run. Its text can be edited, and the next run gets the edited text. */
export class InputSection {
  readonly root: HTMLElement;
  readonly #words: PanelWords;
  readonly #name: HTMLElement;
  readonly #note: HTMLElement;
  readonly #text: HTMLTextAreaElement;
  #given: string | null = null;

  constructor(words: PanelWords) {
    this.#words = words;
    this.#name = element('span', { class: 'quiet' });
    this.#note = element('p', { class: 'quiet' });
    this.#text = element('textarea', {
      attributes: { 'aria-label': words.inputLabel, rows: '4', spellcheck: 'false', autocomplete: 'off' },
    });
    this.#text.addEventListener('input', () => this.#say());
    const head = element('div', { class: 'heading' }, element('h2', { text: words.input }), this.#name);
    this.root = element('section', { class: 'input' }, head, this.#text, this.#note);
    this.#text.hidden = true;
  }

  /** The edited text; undefined where the input was not edited. */
  get edited(): string | undefined {
    return this.#given !== null && this.#text.value !== this.#given ? this.#text.value : undefined;
  }

  clear(): void {
    this.show({ name: '', text: null, note: '' });
  }

  /**
   * Shows the input of a run. A text with the focus that was edited stays: a person may write the
   * input of the next run while the run before ends.
   */
  show({ name, text, note, isReadOnly }: InputShown): void {
    const isWritten = this.edited !== undefined && document.activeElement === this.#text;
    this.#given = text;
    this.#name.dataset.name = name;
    this.#text.hidden = text === null;
    this.#text.readOnly = isReadOnly === true;
    setText(this.#note, note);
    if (text !== null && !isWritten) this.#text.value = text;
    this.#say();
  }

  #say(): void {
    const name = this.#name.dataset.name ?? '';
    setText(this.#name, this.edited === undefined ? name : this.#words.edited);
  }
}
