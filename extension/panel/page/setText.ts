import { shownText } from './shownText.ts';

/** Gives an element its text. An element that has the text already is left alone, and so are its selection and focus. */
export function setText(target: HTMLElement, text: string): void {
  const shown = shownText(text);
  if (target.textContent !== shown) target.textContent = shown;
}
