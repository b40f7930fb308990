/**
 * Control characters, line separators, and marks that reorder text: a terminal, a log or a list
 * takes them for commands.
 */
const COMMANDING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Makes text from an untrusted source safe inside a sentence: one line of printable characters, cut
 * off after `most`.
 *
 * @param most characters, of the result without the mark of the cut
 */
export function plainText(text: string, most = 200): string {
  // Cut before it is escaped as well: the text may be many megabytes.
  const shown = text.slice(0, most + 1).replace(COMMANDING, escaped);
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
