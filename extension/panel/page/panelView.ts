import type { FromPage, PanelWords, RunHead, ToPage } from '../panelMessages.ts';
import { DetailsSection } from './detailsSection.ts';
import { element } from './element.ts';
import { HeadSection } from './headSection.ts';
import { InputSection } from './inputSection.ts';
import { LogSection } from './logSection.ts';
import { OutputSection } from './outputSection.ts';
import { ProfileSection } from './profileSection.ts';
import { setText } from './setText.ts';

/**
 * The page of the Run panel. Messages change the elements that are there. An element that a person
 * may read, scroll or write in is not built anew.
 */
export class PanelView {
  readonly #root: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #main: HTMLElement;
  readonly #announced = element('p', { class: 'unseen', attributes: { role: 'status', 'aria-live': 'polite' } });
  readonly #head: HeadSection;
  readonly #output: OutputSection;
  readonly #log: LogSection;
  readonly #input: InputSection;
  readonly #profile: ProfileSection;
  readonly #details: DetailsSection;
  #runId: string | undefined;
  #tasklet: string | undefined;

  constructor(root: HTMLElement, words: PanelWords, send: (message: FromPage) => void) {
    this.#root = root;
    this.#head = new HeadSection(words, send, (action) => {
      const input = this.#input.edited;
      send({ kind: 'action', action, ...(input === undefined ? {} : { input }) });
    });
    this.#output = new OutputSection(words, {
      copy: (text) => send({ kind: 'copyOutput', text }),
      save: () => send({ kind: 'saveOutput' }),
    });
    this.#log = new LogSection(words);
    this.#input = new InputSection(words);
    this.#profile = new ProfileSection(words, send);
    this.#details = new DetailsSection(words, (name) => send({ kind: 'artifact', name }));
    const side = element('div', { class: 'side' }, this.#log.root, this.#input.root);
    const columns = element('div', { class: 'columns' }, this.#output.root, side);
    this.#empty = element('p', { class: 'quiet', text: words.empty });
    this.#main = element('main', {}, this.#head.root, columns, this.#profile.root, this.#details.root);
    this.#main.hidden = true;
    root.replaceChildren(this.#announced, this.#empty, this.#main);
  }

  receive(message: Exclude<ToPage, { kind: 'words' }>): void {
    if (message.kind === 'head') {
      this.#showHead(message.head);
      return;
    }
    if (message.kind === 'announce') {
      setText(this.#announced, message.text);
      return;
    }
    // The part is of a run that is no longer shown.
    if (message.runId !== this.#runId) return;
    switch (message.kind) {
      case 'output':
        this.#output.show(message.output);
        break;
      case 'log':
        this.#log.show(message.text, message.isWhole);
        break;
      case 'input':
        this.#input.show(message.input);
        break;
      case 'profile':
        this.#profile.show(message.profile);
        break;
    }
  }

  #showHead(head: RunHead | null): void {
    this.#empty.hidden = head !== null;
    this.#main.hidden = head === null;
    if (head === null) {
      this.#head.stop();
      this.#runId = undefined;
      return;
    }
    if (head.runId !== this.#runId) {
      this.#runId = head.runId;
      this.#output.clear();
      this.#log.clear();
      this.#profile.clear();
    }
    if (head.tasklet !== this.#tasklet) {
      this.#tasklet = head.tasklet;
      this.#input.clear();
    }
    this.#head.show(head);
    this.#details.show(head);
    this.#root.dataset.run = head.runId;
  }
}
