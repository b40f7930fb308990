/**
 * Turns a conformance script (.wast) into JSON commands and binary modules by wabt's `wast2json`.
 *
 * A form that this version of wabt cannot parse is taken out of the script and reported, so that
 * the rest of the script still runs.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface WastValue {
  type: string;
  /** Decimal bits, `nan:canonical`, `nan:arithmetic`, or `null` and a number for references. */
  value: string;
}

export interface WastAction {
  type: 'invoke' | 'get';
  module?: string;
  field: string;
  /** Not for `get`. */
  args?: WastValue[];
}

export interface WastCommand {
  type: string;
  line: number;
  name?: string;
  filename?: string;
  module_type?: 'binary' | 'text';
  as?: string;
  action?: WastAction;
  expected?: WastValue[];
  text?: string;
}

export interface Skipped {
  line: number;
  /** Number of commands of the script. */
  count: number;
  reason: string;
}

export interface WastScript {
  name: string;
  commands: WastCommand[];
  skipped: Skipped[];
}

interface Form {
  start: number;
  end: number;
  line: number;
  lastLine: number;
  head: string;
  /** Fields of a module: functions, tables and others. */
  fields: Form[];
  removed?: string;
}

/** The folder receives the JSON and the modules; command file names are relative to it. */
export function readWast(path: string, folder: string): WastScript {
  const name = basename(path, '.wast');
  const text = readFileSync(path, 'utf8');
  const forms = topLevelForms(text);
  const source = join(folder, `${name}.wast`);
  const json = join(folder, `${name}.json`);
  // Each round takes out at least one form; a script has a few that wabt cannot parse.
  for (let round = 0; round <= forms.length; round++) {
    writeFileSync(source, withoutRemoved(text, forms));
    const ran = spawnSync('wast2json', ['--enable-tail-call', source, '-o', json], { encoding: 'utf8' });
    if (ran.error !== undefined) throw ran.error;
    if (ran.status === 0) {
      const { commands }: { commands: WastCommand[] } = JSON.parse(readFileSync(json, 'utf8'));
      return { name, commands, skipped: skippedForms(forms) };
    }
    if (ran.status === null || !removeFaulty(text, forms, ran.stderr)) {
      return {
        name,
        commands: [],
        skipped: [{ line: 1, count: forms.length, reason: 'wast2json crashes on this script' }],
      };
    }
  }
  throw new Error(`${name}: nothing is left of the script`);
}

function topLevelForms(text: string): Form[] {
  const forms: Form[] = [];
  let depth = 0;
  let line = 1;
  const open: Form[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\n') line++;
    else if (char === '"') {
      for (at++; text[at] !== '"'; at++) {
        if (text[at] === '\\') at++;
        if (text[at] === '\n') line++;
      }
    } else if (char === ';' && text[at + 1] === ';') {
      while (at + 1 < text.length && text[at + 1] !== '\n' && text[at + 1] !== '\r') at++;
    } else if (char === '(' && text[at + 1] === ';') {
      let nested = 1;
      for (at += 2; nested > 0 && at < text.length; at++) {
        if (text.startsWith('(;', at)) nested++;
        if (text.startsWith(';)', at)) nested--;
        if (text[at] === '\n') line++;
        if (text.startsWith('(;', at) || text.startsWith(';)', at)) at++;
      }
      at--;
    } else if (char === '(') {
      if (depth++ < 2) {
        const head = /^\(\s*([a-z_]+)/.exec(text.slice(at, at + 80))?.[1] ?? '';
        open.push({ start: at, end: at, line, lastLine: line, head, fields: [] });
      }
    } else if (char === ')' && --depth < 2) {
      const form = open.pop();
      if (form === undefined) continue;
      form.end = at + 1;
      form.lastLine = line;
      if (depth === 0) forms.push(form);
      else open[0]?.fields.push(form);
    }
  }
  return forms;
}

/** Newlines stay, so that lines in messages stay those of the original. */
function withoutRemoved(text: string, forms: Form[]): string {
  let result = '';
  let at = 0;
  for (const form of forms.flatMap((one) => (one.removed === undefined ? one.fields : [one]))) {
    if (form.removed === undefined) continue;
    result += text.slice(at, form.start) + text.slice(form.start, form.end).replace(/[^\n]/g, ' ');
    at = form.end;
  }
  return result + text.slice(at);
}

const CHANGES_STATE = /\b(table|global|memory)\.(set|grow|fill|copy|init)|store/;

const at = (line: number) => (form: Form) => form.line <= line && line <= form.lastLine;

/**
 * Takes out the part that messages point at: the field of a module when that helps, otherwise the
 * whole command. With a module go all commands that would then apply to another one.
 */
function removeFaulty(text: string, forms: Form[], messages: string): boolean {
  let removedAny = false;
  for (const [, lineText, message] of messages.matchAll(/\.wast:(\d+):\d+: error: (.*)/g)) {
    const index = forms.findIndex(at(Number(lineText)));
    const form = forms[index];
    if (form === undefined || form.removed !== undefined) continue;
    const reason = `wabt cannot parse: ${message}`;
    const field = form.head === 'module' ? form.fields.find(at(Number(lineText))) : undefined;
    if (field?.removed !== undefined) continue;
    removedAny = true;
    // Functions that change no state can be taken out alone: the commands on the others keep their
    // meaning.
    if (field?.head === 'func' && !CHANGES_STATE.test(text.slice(field.start, field.end))) {
      field.removed = reason;
      continue;
    }
    form.removed = reason;
    if (form.head !== 'module') continue;
    for (const dependent of forms.slice(index + 1)) {
      if (dependent.head === 'module') break;
      if (/^assert_(return|trap|exhaustion)$|^invoke$|^get$|^register$/.test(dependent.head)) {
        dependent.removed ??= `its module is one that wabt cannot parse (line ${form.line})`;
      }
    }
  }
  return removedAny;
}

function skippedForms(forms: Form[]): Skipped[] {
  return forms.flatMap(({ removed, line }) => (removed === undefined ? [] : [{ line, count: 1, reason: removed }]));
}
