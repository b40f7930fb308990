/**
 * The tokens of AssemblyScript or TypeScript text, without comments: enough to see calls and
 * declarations, and never fooled by a comment or a string.
 *
 * Unfinished text, as while somebody types, ends in a token and not in an error.
 */
export interface ScriptToken {
  kind: 'name' | 'number' | 'string' | 'template' | 'regex' | 'punct';
  text: string;
  /** Strings only: the text between the quotes, escapes as written. */
  value?: string;
  start: number;
  end: number;
}

const NAME_START = /[\p{ID_Start}$_]/u;
const NAME_PART = /[\p{ID_Continue}$\u200c\u200d]/u;
/** After these a slash begins a regular expression, not a division. */
const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'else', 'do']);

export function scriptTokens(text: string): ScriptToken[] {
  const tokens: ScriptToken[] = [];
  /** Depth of braces at which each open `${` ends and its template goes on. */
  const templates: number[] = [];
  let braces = 0;
  let at = 0;
  const push = (kind: ScriptToken['kind'], start: number, value?: string) => {
    tokens.push({ kind, text: text.slice(start, at), ...(value === undefined ? {} : { value }), start, end: at });
  };

  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit <= 32 || unit === 0xa0 || unit === 0xfeff) {
      at++;
      continue;
    }
    const start = at;
    const char = text[at] ?? '';
    const next = text[at + 1];
    if (char === '/' && next === '/') {
      at = lineEnd(text, at);
    } else if (char === '/' && next === '*') {
      const close = text.indexOf('*/', at + 2);
      at = close === -1 ? text.length : close + 2;
    } else if (char === '"' || char === "'") {
      at = quotedEnd(text, at, char);
      const closed = at - 1 > start && text[at - 1] === char;
      push('string', start, text.slice(start + 1, closed ? at - 1 : at));
    } else if (char === '`' || (char === '}' && templates.at(-1) === braces - 1)) {
      if (char === '}') {
        templates.pop();
        braces--;
      }
      const { end, opensExpression } = templatePart(text, at + 1);
      at = end;
      push('template', start);
      if (opensExpression) {
        templates.push(braces);
        braces++;
      }
    } else if (isNameStart(text, at)) {
      at = nameEnd(text, at);
      push('name', start);
    } else if (unit >= 48 && unit <= 57) {
      at = /[\w.]*/y.exec(text.slice(at, at + 100))?.[0].length ?? 1;
      at += start;
      push('number', start);
    } else if (char === '/' && regexMayStart(tokens.at(-1))) {
      at = regexEnd(text, at);
      push('regex', start);
    } else {
      if (char === '{') braces++;
      else if (char === '}') braces = Math.max(0, braces - 1);
      at += char === '=' && next === '>' ? 2 : 1;
      push('punct', start);
    }
  }
  return tokens;
}

function isNameStart(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 128) return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95 || unit === 36;
  return NAME_START.test(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

function nameEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    const plain =
      (code >= 97 && code <= 122) ||
      (code >= 65 && code <= 90) ||
      (code >= 48 && code <= 57) ||
      code === 95 ||
      code === 36;
    if (!plain && (code < 128 || !NAME_PART.test(String.fromCodePoint(code)))) break;
    at += code > 0xffff ? 2 : 1;
  }
  return Math.max(at, from + 1);
}

function lineEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

function quotedEnd(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === quote) return at + 1;
    else if (char === '\n') return at;
  }
  return text.length;
}

function templatePart(text: string, from: number): { end: number; opensExpression: boolean } {
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '`') return { end: at + 1, opensExpression: false };
    else if (char === '$' && text[at + 1] === '{') return { end: at + 2, opensExpression: true };
  }
  return { end: text.length, opensExpression: false };
}

function regexMayStart(last: ScriptToken | undefined): boolean {
  if (last === undefined) return true;
  if (last.kind === 'name') return BEFORE_REGEX.has(last.text);
  return last.kind === 'punct' && !/^[)\]}]$/.test(last.text);
}

function regexEnd(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\n') return at;
    if (char === '\\') at++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) {
      let end = at + 1;
      while (/[a-z]/.test(text[end] ?? '')) end++;
      return end;
    }
  }
  return text.length;
}
