import { element } from './element.ts';
import { paged } from './paged.ts';
import { shownText } from './shownText.ts';

/**
 * Draws a long text in pieces that follow each other without a seam.
 *
 * @param count characters, or bytes of a dump
 * @param size characters or bytes of a piece
 * @param part gives the text from one position up to another
 * @param labels the name for screen readers, and the words of the button for the next piece
 */
export function longText(
  count: number,
  size: number,
  part: (from: number, to: number) => string,
  labels: { name: string; more: string },
): HTMLElement {
  const text = element('pre', { attributes: { tabindex: '0', role: 'region', 'aria-label': labels.name } });
  const button = paged(count, size, (from, to) => text.append(shownText(part(from, to))), labels.more);
  const holder = element('div', {}, text);
  if (button !== null) holder.append(button);
  return holder;
}
