/** One token of WebAssembly text: a parenthesis, a word, or a string with its quotes. */
export interface WatToken {
  text: string;
  start: number;
  end: number;
}

const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[()]|[^\s()";]+|;/y;

/**
 * Splits WebAssembly text into its tokens, without comments, which nest. The text may be
 * unfinished.
 */
export function watTokens(text: string): WatToken[] {
  const tokens: WatToken[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) at++;
    else if (text.startsWith(';;', at)) {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    } else if (text.startsWith('(;', at)) {
      let depth = 0;
      do {
        if (text.startsWith('(;', at)) {
          depth++;
          at += 2;
        } else if (text.startsWith(';)', at)) {
          depth--;
          at += 2;
        } else at++;
      } while (depth > 0 && at < text.length);
    } else {
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(text)?.[0] ?? text[at] ?? ' ';
      tokens.push({ text: found, start: at, end: at + found.length });
      at += found.length;
    }
  }
  return tokens;
}
