/**
 * Makes an element. Children that are not nodes become text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | null | undefined>} attributes
 * @param {(Node | string)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * The element of this id and kind, which index.html has.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {abstract new () => Kind} [kind]
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`index.html has no #${id} of this kind`);
  return /** @type {Kind} */ (found);
}

/**
 * Sets text only where it differs, so that a screen reader and a selection are left alone.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Sets text in which `commands` are in backticks.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setWords(target, text) {
  const parts = text.split('`');
  target.replaceChildren(...parts.map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part)));
}

/**
 * Fills one of the places that say why there is nothing yet: a title, then words.
 *
 * @param {Element} target
 * @param {string} title
 */
export function setEmpty(target, title, text = '') {
  const [first, second] = target.children;
  if (first === undefined || second === undefined) throw new Error('an empty place has two lines');
  setText(first, title);
  setWords(second, text);
}

/**
 * A button that copies, and says that it did.
 *
 * @param {HTMLElement} button
 * @param {() => string} read
 */
export function copyOnClick(button, read) {
  const { textContent: label } = button;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let back;
  button.addEventListener('click', async () => {
    clearTimeout(back);
    try {
      await navigator.clipboard.writeText(read());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Copy was refused';
    }
    back = setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
}
