import type { FromPage, PanelAction, PanelWords, PlaceShown, RunHead } from '../panelMessages.ts';
import { element } from './element.ts';
import { setText } from './setText.ts';

/** Time between two drawings of the running time, milliseconds. */
const TICK_MS = 100;

/** The head of the run: its name, state, costs and buttons, and its error with places. */
export class HeadSection {
  readonly root: HTMLElement;
  readonly #words: PanelWords;
  readonly #send: (message: FromPage) => void;
  readonly #act: (action: PanelAction) => void;
  readonly #title = element('h1');
  readonly #state = element('span', { class: 'state' });
  readonly #summary = element('span', { class: 'summary' });
  readonly #elapsed = element('span', { class: 'elapsed', attributes: { role: 'timer', 'aria-live': 'off' } });
  readonly #buttons: HTMLElement;
  readonly #error = element('div', { class: 'error' });
  readonly #notice = element('p', { class: 'notice' });
  readonly #newer = element('p', { class: 'newer' });
  #clock: ReturnType<typeof setInterval> | undefined;
  #drawnError = '';

  constructor(words: PanelWords, send: (message: FromPage) => void, act: (action: PanelAction) => void) {
    this.#words = words;
    this.#send = send;
    this.#act = act;
    this.#buttons = element('div', { class: 'buttons', attributes: { role: 'toolbar', 'aria-label': words.actions } });
    const line = element('div', { class: 'line' }, this.#title, this.#state, this.#elapsed, this.#summary);
    this.#error.setAttribute('aria-label', words.error);
    this.#error.setAttribute('role', 'group');
    this.root = element('header', {}, line, this.#buttons, this.#newer, this.#notice, this.#error);
  }

  show(head: RunHead): void {
    setText(this.#title, head.tasklet);
    setText(this.#state, head.stateText);
    this.#state.className = `state ${/^[a-z]+$/.test(head.state) ? head.state : ''}`;
    setText(this.#summary, head.summary.join(' · '));
    this.#showElapsed(head.elapsedMs);
    this.#showButtons(head.buttons);
    this.#showNewer(head.newer);
    this.#notice.hidden = head.notice === '';
    setText(this.#notice, head.notice);
    this.#showError(head.error);
  }

  stop(): void {
    clearInterval(this.#clock);
  }

  #showElapsed(elapsedMs: number | null): void {
    clearInterval(this.#clock);
    this.#elapsed.hidden = elapsedMs === null;
    if (elapsedMs === null) return;
    const begun = performance.now() - elapsedMs;
    const draw = () => {
      this.#elapsed.textContent = `${((performance.now() - begun) / 1_000).toFixed(1)} s`;
    };
    draw();
    this.#clock = setInterval(draw, TICK_MS);
  }

  /** Draws the buttons. A button that is there already keeps its element and with it the focus. */
  #showButtons(buttons: RunHead['buttons']): void {
    const known = new Map(
      [...this.#buttons.querySelectorAll('button')].map((button) => [button.dataset.action ?? '', button]),
    );
    const hadFocus = this.#buttons.contains(document.activeElement);
    const wanted = buttons.map(({ action, label }, index) => {
      const button = known.get(action) ?? this.#button(action);
      setText(button, label);
      button.classList.toggle('primary', index === 0);
      return button;
    });
    for (const [action, button] of known) if (!buttons.some((one) => one.action === action)) button.remove();
    wanted.forEach((button, index) => {
      // A moved element loses the focus.
      if (this.#buttons.children[index] !== button) {
        this.#buttons.insertBefore(button, this.#buttons.children[index] ?? null);
      }
    });
    if (hadFocus && !this.#buttons.contains(document.activeElement)) wanted[0]?.focus();
  }

  #button(action: PanelAction): HTMLButtonElement {
    const button = element('button', { attributes: { type: 'button', 'data-action': action } });
    button.addEventListener('click', () => this.#act(action));
    return button;
  }

  #showNewer(text: string): void {
    this.#newer.hidden = text === '';
    if (text === '') {
      this.#newer.replaceChildren();
      return;
    }
    if (this.#newer.firstElementChild === null) {
      const show = element('button', { text: this.#words.showNewer, attributes: { type: 'button' } });
      show.addEventListener('click', () => this.#send({ kind: 'showNewer' }));
      this.#newer.append(element('span'), ' ', show);
    }
    setText(this.#newer.firstElementChild as HTMLElement, text);
  }

  #showError(error: RunHead['error']): void {
    const drawn = JSON.stringify(error);
    if (drawn === this.#drawnError) return;
    this.#drawnError = drawn;
    this.#error.hidden = error === null;
    this.#error.replaceChildren();
    if (error === null) return;
    this.#error.append(
      element('p', {}, element('strong', { text: error.word }), ' ', element('span', { text: error.message })),
    );
    if (error.next !== '') this.#error.append(element('p', { class: 'next', text: error.next }));
    if (error.places.length === 0) return;
    const places = error.places.map((one) => this.#place(one));
    this.#error.append(element('ol', { attributes: { 'aria-label': this.#words.places } }, ...places));
  }

  #place({ file, line, column, name, excerpt, isPlain }: PlaceShown): HTMLElement {
    const text = `${file}:${line}:${column}`;
    const link = isPlain ? element('span', { text }) : element('a', { text, attributes: { href: '#' } });
    if (!isPlain)
      link.addEventListener('click', (event) => {
        event.preventDefault();
        this.#send({ kind: 'place', file, line, column });
      });
    const item = element('li', {}, ...(file === '' ? [] : [link]));
    if (name !== '') item.append(' ', element('span', { class: 'quiet', text: name }));
    if (excerpt !== '') item.append(element('pre', { text: excerpt }));
    return item;
  }
}
