import type { PanelWords } from '../panelMessages.ts';
import { element } from './element.ts';
import { shownText } from './shownText.ts';

/** Distance from the end of the log, pixels, within which the view follows new lines. */
const END_PIXELS = 24;

/** The log of the run. It grows while the run goes on. */
export class LogSection {
  readonly root: HTMLElement;
  readonly #text: HTMLElement;
  readonly #nothing: HTMLElement;

  constructor(words: PanelWords) {
    this.#text = element('pre', { attributes: { tabindex: '0', role: 'log', 'aria-label': words.log } });
    // A screen reader could not keep up with a run that has many lines.
    this.#text.setAttribute('aria-live', 'off');
    this.#nothing = element('p', { class: 'quiet', text: words.noLog });
    const head = element('div', { class: 'heading' }, element('h2', { text: words.log }));
    this.root = element('section', { class: 'log' }, head, this.#text, this.#nothing);
    this.clear();
  }

  clear(): void {
    this.#text.replaceChildren();
    this.#text.hidden = true;
    this.#nothing.hidden = true;
  }

  /**
   * @param isWhole true for the whole log, false for its next piece
   */
  show(text: string, isWhole: boolean): void {
    const view = this.#text;
    const follows = view.scrollHeight - view.scrollTop - view.clientHeight < END_PIXELS;
    if (!isWhole) view.append(shownText(text));
    else if (view.textContent !== shownText(text)) view.replaceChildren(shownText(text));
    view.hidden = view.textContent === '';
    this.#nothing.hidden = !(isWhole && view.hidden);
    if (follows && !isWhole) view.scrollTop = view.scrollHeight;
  }
}
