import { shownText } from './shownText.ts';

interface ElementParts {
  class?: string;
  /** Text of a run or of the extension. It is set as text, never as markup. */
  text?: string;
  /** Attributes. Text of a run in them must come from {@link shownText}. */
  attributes?: Record<string, string>;
}

/** Makes an element with its class, text, attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  parts: ElementParts = {},
  ...children: Array<Node | string>
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (parts.class !== undefined) made.className = parts.class;
  for (const [attribute, value] of Object.entries(parts.attributes ?? {})) made.setAttribute(attribute, value);
  if (parts.text !== undefined) made.textContent = shownText(parts.text);
  made.append(...children.map((child) => (typeof child === 'string' ? shownText(child) : child)));
  return made;
}
