import { type ScriptToken, scriptTokens } from './scriptTokens.ts';

/** The declarations and uses of one script file, as far as its tokens show them. */
export interface ScriptOutline {
  text: string;
  tokens: ScriptToken[];
  /** Names the file declares or imports: a global of such a name is hidden. */
  declared: Set<string>;
  /** Imports, and exports from other files. The latter bring no name into this file. */
  imports: ScriptImport[];
  compute: ComputeFunction | null;
}

export interface ScriptImport {
  from: string;
  fromToken: ScriptToken;
  names: string[];
  /** Just before the closing brace of the list, where there is one. */
  listEnd: number | null;
}

export interface ComputeFunction {
  exported: boolean;
  name: ScriptToken;
  /** Where `function` or its modifiers begin. */
  start: number;
  /** Offset after the closing parenthesis of the parameters. */
  paramsStart: number;
  paramsEnd: number;
  params: { name: string; type: ScriptToken[] }[];
  returns: ScriptToken[];
  /**
   * Index of the body's opening brace among the tokens, and of its closing one (or the last token).
   */
  bodyFrom: number;
  bodyTo: number;
}

const DECLARES = new Set(['class', 'function', 'const', 'let', 'var', 'namespace', 'enum', 'interface', 'type']);

export function scriptOutline(text: string): ScriptOutline {
  const tokens = scriptTokens(text);
  const declared = new Set<string>();
  const imports: ScriptImport[] = [];
  let compute: ComputeFunction | null = null;
  const exportedLater = new Set<string>();
  let depth = 0;
  tokens.forEach((token, index) => {
    const { text: word } = token;
    if (token.kind === 'punct' || token.kind === 'template') {
      if (word === '{' || word.endsWith('${')) depth++;
      else if (word === '}' || (token.kind === 'template' && word.startsWith('}'))) depth--;
      if (word.startsWith('}') && word.endsWith('${')) depth++;
      return;
    }
    if (token.kind !== 'name' || tokens[index - 1]?.text === '.') return;
    if (DECLARES.has(word)) {
      const name = tokens[index + 1];
      if (name?.kind === 'name') declared.add(name.text);
      if (word === 'function' && name?.text === 'compute' && depth === 0) compute ??= functionAt(tokens, index);
    } else if (word === 'import' && depth === 0) {
      const found = importAt(tokens, index);
      if (found !== null) {
        imports.push(found);
        for (const one of found.names) declared.add(one);
      }
    } else if (word === 'export' && depth === 0) {
      const from = exportFromAt(tokens, index);
      if (from !== null) imports.push(from);
      if (tokens[index + 1]?.text !== '{') return;
      for (let at = index + 2; tokens[at]?.kind === 'name' || tokens[at]?.text === ','; at++) {
        if (tokens[at + 1]?.text !== 'as' && tokens[at]?.kind === 'name') exportedLater.add(tokens[at]?.text ?? '');
      }
    }
  });
  const found = compute as ComputeFunction | null;
  if (found !== null && exportedLater.has('compute')) found.exported = true;
  if (exportedLater.has('compute')) declared.add('compute');
  return { text, tokens, declared, imports, compute: found };
}

function importAt(tokens: ScriptToken[], index: number): ScriptImport | null {
  const names: string[] = [];
  let listEnd: number | null = null;
  for (let at = index + 1; at < tokens.length; at++) {
    const token = tokens[at];
    // A second import is another statement. Without its end in sight, each would be searched to the
    // end of the text.
    if (token === undefined || token.text === ';' || token.text === 'import') return null;
    if (token.kind === 'string') return { from: token.value ?? '', fromToken: token, names, listEnd };
    if (token.text === '}') listEnd = tokens[at - 1]?.end ?? token.start;
    else if (token.text === 'as') names.pop();
    else if (token.kind === 'name' && token.text !== 'from' && token.text !== 'type') names.push(token.text);
    else if (!/^[{},*]$/.test(token.text) && token.kind !== 'name') return null;
  }
  return null;
}

/** Reads `export … from "…"` as an import without names; null for an export of this file's own. */
function exportFromAt(tokens: ScriptToken[], index: number): ScriptImport | null {
  let at = index + 2;
  const first = tokens[index + 1]?.text;
  if (first === '{') while (tokens[at]?.kind === 'name' || tokens[at]?.text === ',') at++;
  else if (first !== '*') return null;
  else if (tokens[at]?.text === 'as') at += 2;
  if (first === '{' && tokens[at++]?.text !== '}') return null;
  const file = tokens[at + 1];
  if (tokens[at]?.text !== 'from' || file?.kind !== 'string') return null;
  return { from: file.value ?? '', fromToken: file, names: [], listEnd: null };
}

function functionAt(tokens: ScriptToken[], index: number): ComputeFunction | null {
  const name = tokens[index + 1];
  const open = tokens[index + 2];
  if (name === undefined || open === undefined) return null;
  let first = index;
  while (['export', 'default', 'async', 'declare'].includes(tokens[first - 1]?.text ?? '')) first--;
  const exported = tokens.slice(first, index).some(({ text }) => text === 'export');
  const paramsAt = open.text === '(' ? index + 2 : tokens.findIndex((token, at) => at > index && token.text === '(');
  const paramsClose = closingOf(tokens, paramsAt);
  const params: ComputeFunction['params'] = [];
  let at = paramsAt + 1;
  while (at < paramsClose) {
    const param = tokens[at];
    const type: ScriptToken[] = [];
    let nested = 0;
    at++;
    let inType = false;
    for (; at < paramsClose; at++) {
      const token = tokens[at];
      if (token === undefined) break;
      if (token.text === ',' && nested === 0) break;
      if (/^[<([{]$/.test(token.text)) nested++;
      if (/^[>)\]}]$/.test(token.text)) nested--;
      if (token.text === ':' && !inType) inType = true;
      else if (token.text === '=' && nested === 0) inType = false;
      else if (inType) type.push(token);
    }
    at++;
    if (param !== undefined) params.push({ name: param.text, type });
  }
  const returns: ScriptToken[] = [];
  let body = paramsClose + 1;
  if (tokens[body]?.text === ':') {
    for (body++; body < tokens.length && !/^[{;]$/.test(tokens[body]?.text ?? ''); body++) {
      const token = tokens[body];
      if (token !== undefined) returns.push(token);
    }
  }
  return {
    exported,
    name,
    start: tokens[first]?.start ?? name.start,
    paramsStart: tokens[paramsAt]?.end ?? name.end,
    paramsEnd: tokens[paramsClose]?.end ?? name.end,
    params,
    returns,
    bodyFrom: body,
    bodyTo: tokens[body]?.text === '{' ? closingOf(tokens, body) : body,
  };
}

/** Index of the bracket that closes the one at `open`, or of the last token. */
export function closingOf(tokens: ScriptToken[], open: number): number {
  let depth = 0;
  for (let at = Math.max(open, 0); at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    const template = token.kind === 'template';
    if (
      (token.kind === 'punct' && /^[([{]$/.test(token.text)) ||
      (template && !token.text.startsWith('}') && token.text.endsWith('${'))
    )
      depth++;
    else if (
      (token.kind === 'punct' && /^[)\]}]$/.test(token.text)) ||
      (template && token.text.startsWith('}') && !token.text.endsWith('${'))
    ) {
      depth--;
      if (depth === 0) return at;
    }
  }
  return tokens.length - 1;
}
