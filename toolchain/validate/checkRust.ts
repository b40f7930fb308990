/**
 * Checks a Rust tasklet: the needs of its Cargo.toml, and parts of std that compile and then do
 * nothing, or panic, in a cell. Syntax is cargo's.
 */
import { join, posix, relative } from 'node:path';
import { rustSource } from '../../program/rustSource.ts';
import { type TextLines, textLines } from '../../program/textLines.ts';
import { readToml, type TomlTable } from '../../program/tomlDocument.ts';
import { checkLabel } from './errorLabel.ts';
import { FILE_START } from './finding.ts';
import { isCommonFault, readFinding } from './readFinding.ts';
import { type RustToken, rustTokens } from './rustTokens.ts';
import type { TaskletContext } from './taskletContext.ts';

const MAX_FILES = 200;
const MAX_DEPTH = 8;
/** Tokens of one list in braces behind `std::`. */
const MAX_LIST = 500;

interface RustFile {
  file: string;
  tokens: RustToken[];
  lines: TextLines;
}

export function checkRust(context: TaskletContext, folder: string): void {
  const manifestPath = join(folder, 'Cargo.toml');
  const crateManifest = posix.join(rustSource(context.tasklet.source).crate, 'Cargo.toml');
  const sources = rustFiles(folder, context);
  // A crate that writes the entry points itself needs neither the crate nor its macro.
  const ownEntry = sources.some(({ tokens }) => tokens.some(({ text }) => text === '_grafos_tasklet_run'));
  const read = context.files.text(manifestPath, 'checkedSource');
  if (isCommonFault(read)) {
    context.findings.push(readFinding(read, crateManifest, manifestPath, FILE_START));
    return;
  }
  if (read.state !== 'ok') {
    context.report(
      'GRF2003',
      manifestPath,
      FILE_START,
      `${crateManifest} cannot be read${read.state === 'unreadable' ? `: ${read.why}` : ''}. cargo needs it: check the file.`,
    );
    return;
  }
  const { root, fault } = readToml(read.text);
  const lines = textLines(read.text);
  // cargo says what is wrong with its own file.
  if (fault === null) checkCargo(context, manifestPath, read.text, root, lines, ownEntry);
  for (const source of sources) checkUses(context, source);
  if (!ownEntry && sources.length > 0 && !sources.some(({ tokens }) => declaresTasklet(tokens))) {
    const entry = sources.find(({ file }) => file.endsWith('lib.rs')) ?? sources[0];
    if (entry === undefined) return;
    const end = entry.tokens.at(-1)?.end ?? 0;
    const range = entry.lines.rangeOf({ start: end, end });
    context.report(
      'GRF2203',
      entry.file,
      FILE_START,
      'Nothing in this crate declares the tasklet, so its module would export nothing a cell can call. Write grafos::tasklet!(compute); beside fn compute.',
      {
        title: 'Declare the tasklet',
        edits: [{ range, newText: '\n\ngrafos::tasklet!(compute);' }],
      },
    );
  }
}

function checkCargo(
  context: TaskletContext,
  file: string,
  text: string,
  root: TomlTable,
  lines: TextLines,
  ownEntry: boolean,
): void {
  const end = lines.rangeOf({ start: text.length, end: text.length });
  const newline = text === '' || text.endsWith('\n') ? '' : '\n';
  const lib = tableAt(root, 'lib');
  const types = lib?.entries.find(({ key }) => key === 'crate-type' || key === 'crate_type');
  const isCdylib =
    types?.value.type === 'array' &&
    types.value.items.some((item) => item.type === 'string' && item.value === 'cdylib');
  if (!isCdylib) {
    const fix =
      types !== undefined
        ? { range: lines.rangeOf(types.value.span), newText: '["cdylib", "rlib"]' }
        : lib?.header != null
          ? {
              range: lines.rangeOf({ start: lib.header.end, end: lib.header.end }),
              newText: '\ncrate-type = ["cdylib", "rlib"]',
            }
          : { range: end, newText: `${newline}\n[lib]\ncrate-type = ["cdylib", "rlib"]\n` };
    context.report(
      'GRF2201',
      file,
      lines.rangeOf(types?.value.span ?? lib?.header ?? { start: 0, end: 0 }),
      'The crate is not built as a cdylib, so cargo makes no .wasm file of it. Write crate-type = ["cdylib", "rlib"] under [lib]; rlib keeps its tests running on this machine.',
      {
        title: 'Build a cdylib',
        edits: [fix],
      },
    );
  }
  const dependencies = tableAt(root, 'dependencies');
  const names = dependencies?.entries ?? [];
  const usesGrafos = names.some(({ key, value }) => {
    const renamed = value.type === 'table' ? value.entries.find((entry) => entry.key === 'package')?.value : undefined;
    return /^grafos([-_]std)?$/.test(renamed?.type === 'string' ? renamed.value : key);
  });
  if (!usesGrafos && !ownEntry) {
    context.report(
      'GRF2202',
      file,
      lines.rangeOf(dependencies?.header ?? { start: 0, end: 0 }),
      'The crate does not depend on grafos, which makes the entry points a cell calls out of fn compute. Add it under [dependencies]; `grafos new --template rust` puts the crate into vendor/grafos of a program and shows the line.',
    );
  }
  for (const entry of names) {
    if (/^(rand|getrandom|fastrand)$/.test(entry.key))
      reportRandom(context, file, lines.rangeOf(entry.keySpan), entry.key);
  }
}

function tableAt(root: TomlTable, key: string): TomlTable | undefined {
  const found = root.entries.find((entry) => entry.key === key)?.value;
  return found?.type === 'table' ? found : undefined;
}

/** `grafos::tasklet!(…)`, `tasklet!(…)`, or an attribute of either name. */
function declaresTasklet(tokens: RustToken[]): boolean {
  return tokens.some(({ text }, at) => {
    const next = tokens[at + 1]?.text;
    if (text === 'tasklet') return next === '!' || next === ']' || next === '(';
    return text === 'grafos' && next === '!';
  });
}

const NO_HOST: Record<string, string> = {
  fs: 'there are no files',
  net: 'there is no network',
  process: 'there are no processes',
  thread: 'there are no threads',
  env: 'there is no environment',
};

function checkUses(context: TaskletContext, { file, tokens, lines }: RustFile): void {
  const word = (at: number) => tokens[at]?.text ?? '';
  const path = (at: number, ...names: string[]) =>
    names.every(
      (name, index) =>
        word(at + 3 * index) === name &&
        (index === 0 || (word(at + 3 * index - 1) === ':' && word(at + 3 * index - 2) === ':')),
    );
  const tests = testItems(tokens);
  const labels = labelsErrors(tokens);
  tokens.forEach((token, at) => {
    // Tests run on this machine, where all of std works.
    if (token.kind !== 'name' || tests.has(at)) return;
    const range = (to: RustToken | undefined) => lines.rangeOf({ start: token.start, end: (to ?? token).end });
    if (token.text === 'std' && word(at + 1) === ':' && word(at - 1) !== ':') {
      for (const [index, member] of stdMembers(tokens, at)) {
        const last = tokens[index] ?? token;
        // In a list the name alone, so that each has a place of its own.
        const place = lines.rangeOf({ start: word(at + 3) === '{' ? last.start : token.start, end: last.end });
        if (member === 'time' && !onlyDuration(tokens, index)) {
          context.report(
            'GRF2204',
            file,
            place,
            'std::time panics in a cell: wasm32-unknown-unknown has no clock, and a run must give the same output again when it is replayed. Use grafos::clock(), which is the recorded start and one nanosecond for each unit of fuel.',
          );
        }
        const why = NO_HOST[member];
        if (why !== undefined) {
          context.report(
            'GRF2206',
            file,
            place,
            `std::${member} compiles for wasm32-unknown-unknown and then fails or does nothing in a cell: ${why}. Take what the tasklet needs from its input.`,
          );
        }
      }
    } else if (/^e?println$|^e?print$|^dbg$/.test(token.text) && word(at + 1) === '!') {
      context.report(
        'GRF2206',
        file,
        range(tokens[at + 1]),
        `${token.text}! compiles for wasm32-unknown-unknown and writes nowhere in a cell. Write to the run's log with grafos::log.`,
      );
    } else if (
      /^(rand|getrandom|fastrand)$/.test(token.text) &&
      path(at, token.text) &&
      word(at + 1) === ':' &&
      word(at + 2) === ':' &&
      word(at - 1) !== ':'
    ) {
      reportRandom(context, file, range(undefined), token.text);
    } else if (
      token.text === 'Err' &&
      word(at + 1) === '(' &&
      tokens[at + 2]?.kind === 'string' &&
      word(at + 3) === ')' &&
      labels
    ) {
      const label = tokens[at + 2];
      if (label !== undefined) checkLabel(context, file, lines.rangeOf(label), label.value ?? '');
    }
  });
}

function reportRandom(
  context: TaskletContext,
  file: string,
  range: Parameters<TaskletContext['report']>[2],
  crate: string,
): void {
  context.report(
    'GRF2205',
    file,
    range,
    `The crate ${crate} takes its seed from the host, which a cell does not have: getrandom does not build for wasm32-unknown-unknown without a host of its own. Use grafos::random, which follows from the run's recorded seed.`,
  );
}

/** Says whether `fn compute` of this file gives its errors as labels: `Result<…, &'static str>`. */
function labelsErrors(tokens: RustToken[]): boolean {
  const compute = tokens.findIndex(({ text }, at) => text === 'compute' && tokens[at - 1]?.text === 'fn');
  if (compute === -1) return false;
  const body = tokens.findIndex(({ text }, at) => at > compute && text === '{');
  const signature = tokens.slice(compute, body === -1 ? undefined : body).map(({ text }) => text);
  return signature.join('').includes("&'staticstr");
}

/**
 * The parts of `std` that a path or a use list names: `std::time::Instant`,
 * `use std::{fs, time::Instant}`; as index and name.
 */
function stdMembers(tokens: RustToken[], at: number): [number, string][] {
  const first = at + 3;
  if (tokens[first]?.text !== '{') return tokens[first] === undefined ? [] : [[first, tokens[first].text]];
  const members: [number, string][] = [];
  let depth = 1;
  for (let index = first + 1; index < first + MAX_LIST && index < tokens.length && depth > 0; index++) {
    const text = tokens[index]?.text ?? '';
    if (text === '{') depth++;
    else if (text === '}') depth--;
    else if (depth === 1 && tokens[index]?.kind === 'name' && /^[{,]$/.test(tokens[index - 1]?.text ?? ''))
      members.push([index, text]);
  }
  return members;
}

/** `Duration` is arithmetic and needs no clock. */
function onlyDuration(tokens: RustToken[], at: number): boolean {
  return tokens[at + 1]?.text === ':' && tokens[at + 3]?.text === 'Duration';
}

/** Indexes of the tokens of items under `#[cfg(test)]`. */
function testItems(tokens: RustToken[]): Set<number> {
  const found = new Set<number>();
  const word = (at: number) => tokens[at]?.text;
  for (let at = 1; at < tokens.length; at++) {
    if (
      word(at) !== 'cfg' ||
      word(at - 1) !== '[' ||
      word(at + 1) !== '(' ||
      word(at + 2) !== 'test' ||
      word(at + 3) !== ')'
    )
      continue;
    let depth = 0;
    for (at += 5; at < tokens.length; at++) {
      found.add(at);
      if (word(at) === '{') depth++;
      else if (word(at) === '}') depth--;
      if (depth <= 0 && (word(at) === '}' || word(at) === ';')) break;
    }
  }
  return found;
}

/** Every .rs file below src, in order of path, up to a bound. */
function rustFiles(folder: string, { files, findings }: TaskletContext): RustFile[] {
  const found: RustFile[] = [];
  const common = (read: { state: string }, path: string) => {
    if (isCommonFault(read)) findings.push(readFinding(read, relative(folder, path), path, FILE_START));
  };
  const walk = (path: string, depth: number) => {
    const listed = files.list(path);
    common(listed, path);
    for (const name of listed.state === 'ok' ? listed.names : []) {
      if (found.length >= MAX_FILES) return;
      const child = join(path, name);
      if (name.endsWith('.rs')) {
        const read = files.text(child, 'checkedSource');
        common(read, child);
        if (read.state === 'ok')
          found.push({ file: child, tokens: rustTokens(read.text), lines: textLines(read.text) });
      } else if (depth < MAX_DEPTH) {
        const seen = files.look(child);
        common(seen, child);
        if (seen.state === 'ok' && seen.stat.isDirectory()) walk(child, depth + 1);
      }
    }
  };
  walk(join(folder, 'src'), 0);
  return found;
}
