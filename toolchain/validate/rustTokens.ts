/**
 * The tokens of Rust text, without comments: names, strings, numbers and single punctuation marks.
 * Tolerant of unfinished text.
 */
export interface RustToken {
  kind: 'name' | 'number' | 'string' | 'char' | 'lifetime' | 'punct';
  text: string;
  /** Strings only: the text between the quotes, escapes as written. */
  value?: string;
  start: number;
  end: number;
}

const SPACE = /\s+/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
/** Raw strings end at a quote with as many hashes as they began with. */
const RAW_STRING = /(?:br|cr|r)(#*)"[\s\S]*?(?:"\1|$)/y;
const STRING = /[bc]?"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|$)/y;
const CHAR = /b?'(?:[^'\\\n]|\\(?:u\{[0-9a-fA-F_]*\}|x[0-9a-fA-F]{2}|.))'/uy;
const LIFETIME = /'[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const NAME = /(?:r#)?[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const NUMBER = /\d[\w]*(?:\.\d[\w]*)?/y;

export function rustTokens(text: string): RustToken[] {
  const tokens: RustToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    at += match[0].length;
    return match;
  };
  while (at < text.length) {
    const start = at;
    if (take(SPACE) !== null || take(LINE_COMMENT) !== null) continue;
    if (text.startsWith('/*', at)) {
      at = blockCommentEnd(text, at);
      continue;
    }
    let kind: RustToken['kind'] = 'punct';
    let value: string | undefined;
    const raw = take(RAW_STRING);
    const plain = raw === null ? take(STRING) : null;
    const quoted = raw ?? plain;
    if (quoted !== null) {
      kind = 'string';
      const inner = quoted[0].replace(/^[a-z]*#*"/, '');
      value = inner.replace(/"#*$/, '');
    } else if (take(CHAR) !== null) kind = 'char';
    else if (take(LIFETIME) !== null) kind = 'lifetime';
    else if (take(NAME) !== null) kind = 'name';
    else if (take(NUMBER) !== null) kind = 'number';
    else at++;
    tokens.push({ kind, text: text.slice(start, at), ...(value === undefined ? {} : { value }), start, end: at });
  }
  return tokens;
}

/** Block comments nest in Rust. */
function blockCommentEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
