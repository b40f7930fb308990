import type { ArtifactName } from '../../../daemons/wire/tenantApi.ts';
import type { PanelWords, RunHead } from '../panelMessages.ts';
import { element } from './element.ts';

/** A fold with the less used facts: cell, version, module and id of the run, and its artifacts. */
export class DetailsSection {
  readonly root: HTMLDetailsElement;
  readonly #facts = element('dl');
  readonly #artifacts = element('ul');
  readonly #open: (name: ArtifactName) => void;
  #drawn = '';

  constructor(words: PanelWords, open: (name: ArtifactName) => void) {
    this.#open = open;
    this.#artifacts.setAttribute('aria-label', words.artifacts);
    const summary = element('summary', {}, element('h2', { text: words.details }));
    this.root = element('details', { class: 'facts' }, summary, this.#facts, this.#artifacts);
  }

  show({ details, artifacts }: RunHead): void {
    const drawn = JSON.stringify([details, artifacts]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#facts.replaceChildren(
      ...details.map(([name, value]) =>
        element('div', {}, element('dt', { text: name }), element('dd', { text: value })),
      ),
    );
    this.#artifacts.replaceChildren(...artifacts.map((artifact) => this.#artifact(artifact)));
  }

  #artifact({ name, size }: RunHead['artifacts'][number]): HTMLElement {
    const link = element('a', { text: name, attributes: { href: '#' } });
    link.addEventListener('click', (event) => {
      event.preventDefault();
      this.#open(name);
    });
    return element('li', {}, link, ' ', element('span', { class: 'quiet', text: size }));
  }
}
