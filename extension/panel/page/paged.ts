import { element } from './element.ts';

/**
 * Draws a long list piece by piece, so that a large output costs only the pieces that are looked
 * at.
 *
 * @param count entries of the list
 * @param size entries of a piece
 * @param add draws the entries from one position up to another
 * @param more the words of the button, with `{0}` for the count of entries that are left
 * @returns the button for the next piece; null where all entries are drawn
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
