import { element } from './element.ts';

/**
 * Shows a long list piece by piece, so that a large output costs only what is looked at.
 *
 * @param count entries of the list
 * @param size entries that come at once
 * @param add appends the entries from the first number up to the second to the list
 * @param more the words of the button, in which `{0}` is the number of entries that are left
 * @returns the button that brings the next entries; null where all are there
 */
export function paged(
  count: number,
  size: number,
  add: (from: number, to: number) => void,
  more: string,
): HTMLButtonElement | null {
  let shown = Math.min(count, size);
  add(0, shown);
  if (shown === count) return null;
  const button = element('button', { class: 'more', attributes: { type: 'button' } });
  const say = () => {
    button.textContent = more.replace('{0}', (count - shown).toLocaleString(document.documentElement.lang));
  };
  button.addEventListener('click', () => {
    const from = shown;
    shown = Math.min(count, shown + size);
    add(from, shown);
    if (shown === count) button.remove();
    else say();
  });
  say();
  return button;
}
