/**
 * The cases of `grafos test`: `<case>.input.json` or `<case>.input.bin`, and
 * `<case>.expected.json`.
 */
import { join } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { formatSize } from '../../program/size.ts';
import { textLines } from '../../program/textLines.ts';
import { readExpected } from '../cases/readExpected.ts';
import { LABEL } from './errorLabel.ts';
import { FILE_START } from './finding.ts';
import { isCommonFault, readFinding } from './readFinding.ts';
import type { TaskletContext } from './taskletContext.ts';

const FIXTURE = /^(.+)\.(input\.json|input\.bin|expected\.json)$/;

export function checkFixtures(context: TaskletContext): void {
  const { tasklet, files, manifestPath } = context;
  const folder = context.path(tasklet.fixtures);
  const listed = files.list(folder);
  if (isCommonFault(listed)) {
    const name = `the folder "${tasklet.fixtures}"`;
    context.findings.push(readFinding(listed, name, manifestPath, context.rangeOf('fixtures')));
    return;
  }
  if (listed.state !== 'ok') {
    if (listed.state === 'not-a-file') {
      context.report(
        'GRF4006',
        manifestPath,
        context.rangeOf('fixtures'),
        `"${tasklet.fixtures}" is not a folder, so \`grafos test\` finds no case for "${tasklet.name}". Name the folder that holds the cases.`,
      );
    } else if (context.given('fixtures')) {
      context.report(
        'GRF4006',
        manifestPath,
        context.rangeOf('fixtures'),
        `The folder "${tasklet.fixtures}" is ${listed.state === 'missing' ? 'not there' : 'not readable'}, so \`grafos test\` finds no case for "${tasklet.name}". Make it, or take the line out.`,
      );
    }
    return;
  }
  const cases = new Map<string, Set<string>>();
  for (const name of listed.names) {
    const path = join(folder, name);
    const [, label, part] = FIXTURE.exec(name) ?? [];
    if (label === undefined || part === undefined) {
      const hidden = name.startsWith('.') || /^readme(\.|$)/i.test(name);
      if (!hidden)
        context.report(
          'GRF4004',
          path,
          FILE_START,
          `"${name}" is no part of a case, so \`grafos test\` does not read it. Cases are <case>.input.json or <case>.input.bin, and <case>.expected.json.`,
        );
      continue;
    }
    const parts = cases.get(label) ?? new Set();
    cases.set(label, parts.add(part));
    checkFile(context, path, name, part);
  }
  for (const [label, parts] of cases) {
    const inputs = [...parts].filter((part) => part.startsWith('input'));
    if (inputs.length > 1) {
      context.report(
        'GRF4007',
        join(folder, `${label}.input.bin`),
        FILE_START,
        `The case "${label}" has two inputs, ${label}.input.json and ${label}.input.bin, and a run takes one. Remove or rename one of them.`,
      );
    } else if (inputs.length === 0) {
      context.report(
        'GRF4001',
        join(folder, `${label}.expected.json`),
        FILE_START,
        `The case "${label}" has an expected output and no input, so it cannot be run. Add ${label}.input.json or ${label}.input.bin.`,
      );
    } else if (!parts.has('expected.json')) {
      context.report(
        'GRF4002',
        join(folder, `${label}.${inputs[0]}`),
        FILE_START,
        `The case "${label}" has an input and no ${label}.expected.json, so nothing says which output is right. Add it; \`grafos deploy run --provider local --input\` shows what the tasklet answers now.`,
      );
    }
  }
  if (cases.size === 0 && context.given('fixtures')) {
    context.report(
      'GRF4008',
      manifestPath,
      context.rangeOf('fixtures'),
      `The folder "${tasklet.fixtures}" holds no case, so \`grafos test\` checks nothing of "${tasklet.name}". Add <case>.input.json and <case>.expected.json.`,
    );
  }
}

function checkFile(context: TaskletContext, path: string, name: string, part: string): void {
  const seen = context.files.look(path);
  if (isCommonFault(seen)) {
    context.findings.push(readFinding(seen, name, path, FILE_START));
    return;
  }
  if (part.startsWith('input') && seen.state === 'ok' && seen.stat.size > LIMITS.input) {
    context.report(
      'GRF4005',
      path,
      FILE_START,
      `${name} is ${formatSize(seen.stat.size)}, and the input of a run is at most ${formatSize(LIMITS.input)}. Make it smaller.`,
    );
    return;
  }
  if (part === 'input.bin' && seen.state === 'ok' && seen.stat.isFile()) return;
  const read = context.files.text(path, part === 'expected.json' ? 'fixtureExpected' : 'fixtureInput');
  if (isCommonFault(read)) {
    context.findings.push(readFinding(read, name, path, FILE_START));
    return;
  }
  if (read.state === 'not-text') {
    context.report(
      'GRF4003',
      path,
      FILE_START,
      `${name} is neither UTF-8 nor UTF-16 text, so it is no JSON. Save it as UTF-8${part === 'input.json' ? ', or call it .input.bin if it is meant to be bytes' : ''}.`,
    );
  } else if (read.state === 'ok') {
    const fault = jsonFault(read.text);
    if (fault === null) {
      if (part === 'expected.json') checkExpected(context, path, name, read.text);
      return;
    }
    const lines = textLines(read.text);
    context.report(
      'GRF4003',
      path,
      lines.rangeOf({ start: fault.at, end: Math.min(fault.at + 1, read.text.length) }),
      `${name} is not valid JSON: ${fault.what}. Correct it${part === 'input.json' ? ', or call it .input.bin if bad JSON is what the case is about' : ''}.`,
    );
  } else if (read.state !== 'missing') {
    context.report(
      'GRF4003',
      path,
      FILE_START,
      `${name} cannot be read: ${read.state === 'unreadable' ? read.why : read.state === 'too-large' ? `it is ${formatSize(read.size)}, and such a file is at most ${formatSize(read.most)}` : 'it is not a file'}.`,
    );
  }
}

function checkExpected(context: TaskletContext, path: string, name: string, text: string): void {
  try {
    const expected = readExpected(text);
    if (expected.kind !== 'error' || LABEL.test(expected.label)) return;
    context.report(
      'GRF4009',
      path,
      FILE_START,
      `${name} expects the error "${expected.label}", which is no label: a run ends with a snake_case label of at most 64 bytes, the tasklet's own or that of a run error. Correct the label.`,
    );
  } catch (error) {
    context.report(
      'GRF4009',
      path,
      FILE_START,
      `${name} cannot be read as an expectation: ${error instanceof Error ? error.message : String(error)}. An output whose members really begin with "$" is expected as {"$text": "…"}.`,
    );
  }
}

/**
 * The place and reason for which a text is no JSON.
 *
 * The engine gives the offset in its message for most faults. It gives none for a token out of
 * place, nor for a text that was cut off.
 */
export function jsonFault(text: string): { at: number; what: string } | null {
  const message = jsonMessage(text);
  if (message === null) return null;
  const at = /at position (\d+)/.exec(message)?.[1];
  if (at !== undefined) {
    const what = message.replace(/(?: in JSON)? at position.*$/s, '');
    return { at: Number(at), what: what.charAt(0).toLowerCase() + what.slice(1) };
  }
  if (TOKEN.test(message)) return { at: strangeToken(text), what: 'an unexpected character' };
  return { at: text.trimEnd().length, what: text.trim() === '' ? 'it is empty' : 'it ends too early' };
}

/** The engine's message about a token out of place. */
const TOKEN = /is not valid JSON$/;

/** The engine's message about a text that is no JSON; null for one that is. */
function jsonMessage(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Offset of the first token that is out of place: the end of the longest beginning that has none.
 *
 * A beginning has other faults, because it is cut off. It takes as many parses as the length has
 * bits.
 */
function strangeToken(text: string): number {
  let without = 0;
  let within = text.length;
  while (within - without > 1) {
    const middle = Math.floor((without + within) / 2);
    if (TOKEN.test(jsonMessage(text.slice(0, middle)) ?? '')) within = middle;
    else without = middle;
  }
  return without;
}
