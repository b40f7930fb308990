import type { Hover } from 'vscode-languageserver/node';
import { type TextPosition, textLines } from '../program/textLines.ts';
import { STD } from '../toolchain/validate/scriptFile.ts';
import { type ScriptOutline, scriptOutline } from '../toolchain/validate/scriptOutline.ts';
import type { ScriptToken } from '../toolchain/validate/scriptTokens.ts';
import { type StandardEntry, standardApi } from './standardApi.ts';

/** Explains the name of grafos-std at a place of an AssemblyScript source. */
export function standardHover(text: string, position: TextPosition): Hover | null {
  const lines = textLines(text);
  const offset = lines.offsetAt(position);
  const outline = scriptOutline(text);
  const at = outline.tokens.findIndex(({ kind, start, end }) => kind === 'name' && offset >= start && offset <= end);
  const token = outline.tokens[at];
  const entry = token === undefined ? undefined : entryAt(outline, at);
  if (token === undefined || entry === undefined) return null;
  return {
    contents: { kind: 'markdown', value: `\`\`\`typescript\n${entry.signature}\n\`\`\`\n\n${entry.doc}`.trimEnd() },
    range: lines.rangeOf(token),
  };
}

function entryAt(outline: ScriptOutline, at: number): StandardEntry | undefined {
  const { tokens } = outline;
  const name = tokens[at]?.text ?? '';
  if (tokens[at - 1]?.text !== '.') return isImported(outline, name) ? standardApi().get(name) : undefined;
  const owner = tokens[at - 2];
  if (owner?.kind === 'name' && tokens[at - 3]?.text !== '.' && isImported(outline, owner.text)) {
    const found = standardApi().get(`${owner.text}.${name}`);
    if (found !== undefined) return found;
  }
  const start = chainStart(tokens, at - 2);
  return start === null || typeOf(outline, start, at - 1, 0) !== 'Json' ? undefined : standardApi().get(`Json#${name}`);
}

function isImported({ imports }: ScriptOutline, name: string): boolean {
  return imports.some(({ from, names }) => from === STD && names.includes(name));
}

/** The first token of `a.b(…).c` that ends at a token. */
function chainStart(tokens: readonly ScriptToken[], end: number): number | null {
  for (let at = end; at >= 0; at--) {
    if (tokens[at]?.text === ')') {
      let depth = 0;
      for (; at >= 0; at--) {
        if (tokens[at]?.text === ')') depth++;
        else if (tokens[at]?.text === '(' && --depth === 0) break;
      }
      at--;
    }
    if (tokens[at]?.kind !== 'name') return null;
    if (tokens[at - 1]?.text !== '.') return at;
    at--;
  }
  return null;
}

/** Names declared through each other, at most this deep. */
const MAX_DEPTH = 8;

/**
 * Follows the chain that starts at a token, as far as the signatures of grafos-std go. The chain
 * ends before `end`, or where it stops being one.
 *
 * @returns the type of the chain, or null
 */
function typeOf(outline: ScriptOutline, start: number, end: number, depth: number): string | null {
  const { tokens } = outline;
  const first = tokens[start]?.text ?? '';
  let at = start + 1;
  const called = () => {
    if (tokens[at]?.text !== '(' || at >= end) return false;
    let open = 0;
    for (; at < tokens.length; at++) {
      if (tokens[at]?.text === '(') open++;
      else if (tokens[at]?.text === ')' && --open === 0) break;
    }
    at++;
    return true;
  };
  let type: string | null;
  if (isImported(outline, first)) {
    let entry = standardApi().get(first);
    if (tokens[at]?.text === '.' && at + 1 < end) {
      entry = standardApi().get(`${first}.${tokens[at + 1]?.text}`);
      at += 2;
    }
    type = called() ? (entry?.returns ?? null) : null;
  } else type = declaredType(outline, first, start, depth);
  while (type === 'Json' && tokens[at]?.text === '.' && at + 1 < end) {
    type = standardApi().get(`Json#${tokens[at + 1]?.text}`)?.returns ?? null;
    at += 2;
    called();
  }
  if (type === null || at >= end) return type;
  // `has ? this : that`: what either branch is.
  return tokens[at]?.text === '?' ? typeOf(outline, at + 1, end, depth) : type;
}

function declaredType(outline: ScriptOutline, name: string, before: number, depth: number): string | null {
  const { tokens } = outline;
  if (depth > MAX_DEPTH) return null;
  for (let at = before - 1; at >= 0; at--) {
    if (tokens[at]?.text !== name || tokens[at]?.kind !== 'name') continue;
    if (tokens[at + 1]?.text === ':') return tokens[at + 2]?.text ?? null;
    if (tokens[at + 1]?.text === '=' && /^(const|let|var)$/.test(tokens[at - 1]?.text ?? ''))
      return typeOf(outline, at + 2, tokens.length, depth + 1);
  }
  return null;
}
