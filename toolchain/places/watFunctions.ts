import { textLines } from '../../program/textLines.ts';
import { type WatToken, watTokens } from '../validate/watTokens.ts';

/** A function in WebAssembly text, and the place of its head. */
interface WatFunction {
  /** With its `$`, or the name it is exported by; null where it has neither. */
  name: string | null;
  /** Line and column of its head, both from 1. */
  line: number;
  column: number;
  /** Index of its `func` among the tokens of the text. */
  token: number;
}

/** Lists the functions of WebAssembly text by their index, imported ones first. */
export function watFunctions(text: string, tokens = watTokens(text)): WatFunction[] {
  const lines = textLines(text);
  const imported: WatFunction[] = [];
  const defined: WatFunction[] = [];
  let depth = 0;
  /** Depth of the module's fields: one more where the text names the module. */
  const fields = tokens[1]?.text === 'module' ? 2 : 1;
  let isImport = false;
  tokens.forEach(({ text: word }, at) => {
    if (word === '(') depth++;
    else if (word === ')') depth--;
    if (word !== 'func' && word !== 'import') return;
    if (tokens[at - 1]?.text !== '(') return;
    if (depth === fields) isImport = word === 'import';
    if (word === 'func' && (depth === fields || (depth === fields + 1 && isImport))) {
      const found = head(tokens, at, lines);
      (isImport || tokens[afterName(tokens, at) + 1]?.text === 'import' ? imported : defined).push(found);
    }
  });
  return [...imported, ...defined];
}

function afterName(tokens: readonly WatToken[], at: number): number {
  return tokens[at + 1]?.text.startsWith('$') ? at + 2 : at + 1;
}

function head(tokens: readonly WatToken[], at: number, lines: ReturnType<typeof textLines>): WatFunction {
  const token = tokens[at] as WatToken;
  const { start } = lines.rangeOf({ start: token.start, end: token.end });
  const after = afterName(tokens, at);
  const given = after === at + 2 ? tokens[at + 1]?.text : undefined;
  const exported = tokens[after + 1]?.text === 'export' ? tokens[after + 2]?.text.slice(1, -1) : undefined;
  return { name: given ?? exported ?? null, line: start.line + 1, column: start.character + 1, token: at };
}
