/**
 * TOML 1.0 with the position of every key and value. This is the only file that knows
 * `toml-eslint-parser`, whose import costs about 5 ms.
 *
 * That parser stops at the first fault. The rest of the file must be known while somebody types, so
 * the faulty line is blanked, with its length kept, and the text is read again. Only the first
 * fault is reported.
 */
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import type { Span } from './textLines.ts';

export interface TomlEntry {
  key: string;
  keySpan: Span;
  value: TomlNode;
}

export interface TomlTable {
  type: 'table';
  /**
   * The form of the table: the whole file, `[header]`, `[[header]]`, `{ inline }`, or implied by a
   * dotted key or a deeper header.
   */
  form: 'root' | 'standard' | 'element' | 'inline' | 'implied';
  entries: TomlEntry[];
  /** The header with its brackets, where there is one. */
  header: Span | null;
  /** From the header to the next header or the end of the text; for inline tables the braces. */
  span: Span;
}

export interface TomlArray {
  type: 'array';
  items: TomlNode[];
  span: Span;
}

export type TomlScalar =
  | { type: 'string'; value: string; multiline: boolean; span: Span }
  | { type: 'integer'; value: bigint; span: Span }
  | { type: 'float'; value: number; span: Span }
  | { type: 'boolean'; value: boolean; span: Span }
  | { type: 'date'; value: string; span: Span };

export type TomlNode = TomlTable | TomlArray | TomlScalar;

export interface TomlFault {
  kind: 'syntax' | 'duplicate-key';
  /** Without a full stop. */
  what: string;
  span: Span;
}

export interface TomlDocument {
  text: string;
  root: TomlTable;
  fault: TomlFault | null;
}

/** Deeper than any manifest; keeps hostile nesting off the stack. */
const MAX_DEPTH = 32;
const MAX_BLANKED_LINES = 8;

/** Never throws. A byte order mark must be taken off before. */
export function readToml(text: string): TomlDocument {
  let fault: TomlFault | null = null;
  let attempt = text;
  for (let round = 0; round <= MAX_BLANKED_LINES; round++) {
    try {
      return { text, root: treeOf(parseTOML(attempt, { tomlVersion: '1.0' }), text.length), fault };
    } catch (error) {
      const found = faultOf(error, attempt);
      fault ??= found;
      const blanked = blankLine(attempt, found.span.start);
      if (blanked === attempt) break;
      attempt = blanked;
    }
  }
  return { text, root: table('root', { start: 0, end: text.length }, null), fault };
}

function faultOf(error: unknown, text: string): TomlFault {
  if (!(error instanceof ParseError)) {
    // Nesting deep enough to exhaust the parser's stack.
    return { kind: 'syntax', what: 'this cannot be read as TOML', span: { start: 0, end: Math.min(1, text.length) } };
  }
  const duplicate = error.message.startsWith('Defining a key multiple times');
  const at = Math.max(0, Math.min(error.index, text.length));
  const start = duplicate ? at : backToFault(text, at, error.message);
  let end = start;
  while (end < text.length && /[\w-]/.test(text[end] ?? '')) end++;
  if (end === start && end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
  const what = start === end && lacksValue(text, start, error.message) ? MISSING : plainWords(error.message);
  return { kind: duplicate ? 'duplicate-key' : 'syntax', what, span: { start, end } };
}

const MISSING = 'the value is missing';

/** Says whether a line ends at its `=`. The parser complains of the token on a later line then. */
function lacksValue(text: string, at: number, message: string): boolean {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return /^(?:Unexpected character$|The key, equals sign)/.test(message) && /=\s*(#.*)?$/.test(line);
}

/**
 * Finds the end of the line at fault. The parser notices a missing part at the token after it,
 * often a line too late.
 */
function backToFault(text: string, at: number, message: string): number {
  const before = text.slice(0, at);
  const lineSoFar = before.slice(before.lastIndexOf('\n') + 1);
  if (lineSoFar.trim() !== '') return at;
  const lastLine = before.trimEnd().split('\n').pop() ?? '';
  const late =
    /^(Expected equal|Unspecified values|The key, equals sign|Unterminated table-key)/.test(message) ||
    (message === 'Unexpected character' && /=\s*(#.*)?$/.test(lastLine));
  return late ? before.trimEnd().length : at;
}

function plainWords(message: string): string {
  if (message.startsWith('Expected equal')) return 'a key needs "=" and a value';
  if (message.startsWith('Unspecified values')) return MISSING;
  if (message.startsWith('Must be a newline')) return 'one line holds one "key = value"';
  if (message.startsWith('The key, equals sign'))
    return 'key, "=" and value must stand on one line, and a header must be closed on its line';
  if (message.startsWith('Defining a key')) return 'this is defined twice';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function blankLine(text: string, at: number): string {
  const start = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
  const found = text.indexOf('\n', at);
  const end = found === -1 ? text.length : found;
  const line = text.slice(start, end);
  return text.slice(0, start) + line.replace(/[^\r]/g, ' ') + text.slice(end);
}

function treeOf(program: AST.TOMLProgram, length: number): TomlTable {
  const root = table('root', { start: 0, end: length }, null);
  const top = program.body[0].body;
  const headers = top.filter((node) => node.type === 'TOMLTable');
  let header = 0;
  for (const node of top) {
    if (node.type === 'TOMLKeyValue') {
      addKeyValue(root, node, 0);
      continue;
    }
    header += 1;
    const next = headers[header];
    const section = openSection(root, node, { start: node.range[0], end: next?.range[0] ?? length });
    for (const pair of node.body) addKeyValue(section, pair, 0);
  }
  const firstHeader = headers[0];
  if (firstHeader !== undefined) root.span = { start: 0, end: firstHeader.range[0] };
  return root;
}

/**
 * Walks to the table that a header names, makes the tables that the header implies, and returns the
 * table that its lines belong to.
 */
function openSection(root: TomlTable, node: AST.TOMLTable, span: Span): TomlTable {
  // A table node's range is its header and body; the header ends with its closing brackets after
  // the last key.
  const keyEnd = node.key.range[1];
  const closing = node.kind === 'array' ? 2 : 1;
  const header = { start: node.range[0], end: Math.min(keyEnd + closing, span.end) };
  let here = root;
  node.key.keys.forEach((key, index) => {
    const name = keyName(key);
    const last = index === node.key.keys.length - 1;
    let entry = entryOf(here, name);
    if (last && node.kind === 'array') {
      const element = table('element', span, header);
      if (entry?.value.type === 'array') entry.value.items.push(element);
      else addEntry(here, { key: name, keySpan: spanOf(key), value: { type: 'array', items: [element], span } });
      here = element;
      return;
    }
    if (entry === undefined) {
      entry = {
        key: name,
        keySpan: spanOf(key),
        value: table(last ? 'standard' : 'implied', span, last ? header : null),
      };
      addEntry(here, entry);
    } else if (last && entry.value.type === 'table') {
      entry.value.form = 'standard';
      entry.value.header = header;
      entry.value.span = span;
      entry.keySpan = spanOf(key);
    }
    const target = entry.value.type === 'array' ? entry.value.items.at(-1) : entry.value;
    // The parser has refused headers that go through a plain value.
    if (target?.type === 'table') here = target;
  });
  return here;
}

function addKeyValue(into: TomlTable, node: AST.TOMLKeyValue, depth: number): void {
  let here = into;
  node.key.keys.forEach((key, index) => {
    const name = keyName(key);
    if (index === node.key.keys.length - 1) {
      addEntry(here, { key: name, keySpan: spanOf(key), value: nodeOf(node.value, depth) });
      return;
    }
    let entry = entryOf(here, name);
    if (entry === undefined) {
      entry = { key: name, keySpan: spanOf(key), value: table('implied', spanOf(node), null) };
      addEntry(here, entry);
    }
    if (entry.value.type === 'table') here = entry.value;
  });
}

/**
 * The entries of each table by key. A search of the list for each key would take time in the square
 * of the text's length.
 */
const byKey = new WeakMap<TomlTable, Map<string, TomlEntry>>();

function entryOf(here: TomlTable, key: string): TomlEntry | undefined {
  return byKey.get(here)?.get(key);
}

function addEntry(here: TomlTable, entry: TomlEntry): void {
  here.entries.push(entry);
  const known = byKey.get(here) ?? new Map<string, TomlEntry>();
  if (!known.has(entry.key)) known.set(entry.key, entry);
  byKey.set(here, known);
}

function nodeOf(node: AST.TOMLContentNode, depth: number): TomlNode {
  const span = spanOf(node);
  if (node.type === 'TOMLArray') {
    return {
      type: 'array',
      items: depth > MAX_DEPTH ? [] : node.elements.map((item) => nodeOf(item, depth + 1)),
      span,
    };
  }
  if (node.type === 'TOMLInlineTable') {
    const inline = table('inline', span, null);
    if (depth <= MAX_DEPTH) for (const pair of node.body) addKeyValue(inline, pair, depth + 1);
    return inline;
  }
  switch (node.kind) {
    case 'string':
      return { type: 'string', value: node.value, multiline: node.multiline, span };
    case 'integer':
      return { type: 'integer', value: node.bigint, span };
    case 'float':
      return { type: 'float', value: node.value, span };
    case 'boolean':
      return { type: 'boolean', value: node.value, span };
    default:
      return { type: 'date', value: node.datetime, span };
  }
}

function table(form: TomlTable['form'], span: Span, header: Span | null): TomlTable {
  return { type: 'table', form, entries: [], header, span };
}

function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

function spanOf(node: { range: [number, number] }): Span {
  return { start: node.range[0], end: node.range[1] };
}
