/** Makes an element. Children that are not nodes become text, never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/** The element of this id, which index.html has. */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found;
}

/** Sets text only where it differs, so that a screen reader and a selection are left alone. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets text in which `commands` stand in backticks. */
export function setWords(target, text) {
  const parts = text.split('`');
  target.replaceChildren(...parts.map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part)));
}

/** Fills one of the places that say why there is nothing yet. */
export function setEmpty(target, title, text = '') {
  setText(target.children[0], title);
  setWords(target.children[1], text);
}

/** A button that copies, and says that it did. */
export function copyOnClick(button, read) {
  const { textContent: label } = button;
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
