import { element } from './element.ts';

/** Bytes that are turned into text by one call, whose arguments must fit on the stack. */
const PIECE = 8 * 1024;

/** Draws a picture from its bytes, with its type and size in pixels below it. */
export function pictureOf(bytes: Uint8Array, type: string): HTMLElement {
  let binary = '';
  for (let at = 0; at < bytes.length; at += PIECE) binary += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  const picture = element('img', { attributes: { src: `data:${type};base64,${btoa(binary)}`, alt: type } });
  const caption = element('figcaption', { class: 'quiet', text: type });
  picture.addEventListener('load', () => {
    caption.textContent = `${type}, ${picture.naturalWidth} × ${picture.naturalHeight}`;
  });
  return element('figure', {}, picture, caption);
}
