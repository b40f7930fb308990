import { shownText } from './shownText.ts';

/** Sets the text of an element. An element with that text already keeps its selection and focus. */
export function setText(target: HTMLElement, text: string): void {
  const shown = shownText(text);
  if (target.textContent !== shown) target.textContent = shown;
}
