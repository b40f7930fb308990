/**
 * Characters that do something where text is shown, instead of being seen: control characters but
 * for the tab (a terminal obeys them), line and paragraph separators, marks that turn the direction
 * of what follows (Unicode's Bidi_Control), characters of no width that hide text (byte order mark,
 * annotations, tags), and halves of surrogate pairs.
 */
const STEERING =
  /[\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\u{200b}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]|(?!\t)\p{Cc}/gu;

/**
 * Makes text from an untrusted source fit for one line of our output.
 *
 * Every character that would steer a terminal, a log or a reader is written out, as `\n`, `\u001b`
 * or `\u202e`. Ordinary text comes back as it is.
 */
export function neutralText(text: string): string {
  return text.replace(STEERING, written);
}

/**
 * As {@link neutralText}, with a blank for each such character and for a tab: for text that is
 * shown column by column.
 */
export function blankedText(text: string): string {
  return text.replace(STEERING, ' ').replaceAll('\t', ' ');
}

function written(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}
