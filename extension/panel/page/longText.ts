import { element } from './element.ts';
import { paged } from './paged.ts';
import { shownText } from './shownText.ts';

/**
 * A long text in pieces, each of which follows the one before without a seam.
 *
 * @param count characters, or bytes of a dump
 * @param size characters or bytes of a piece
 * @param part the text from the first number up to the second
 * @param labels the name for screen readers, and the words of the button that brings the next piece
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
