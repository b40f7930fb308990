import { createHash } from 'node:crypto';
import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { parseExactJson } from '../../base/json/parseExactJson.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import { outputText } from '../output/outputText.ts';
import { canonicalJson } from './canonicalJson.ts';
import type { ExactJson, Expected } from './fixture.ts';
import { lineDiff } from './lineDiff.ts';

export interface Mismatch {
  /** One sentence. */
  what: string;
  /** Both sides in the same form, for an editor that shows the difference itself. */
  expected: string;
  actual: string;
  /** Lines: `-` expected, `+` actual, two blanks for both. */
  diff: string;
}

/** Holds the end of a run against what a case expects; null when it is that. */
export function compareOutcome(
  expected: Expected,
  outcome: { output: Uint8Array; error: RunError | null },
): Mismatch | null {
  const { error, output } = outcome;
  if (expected.kind === 'error') {
    const label = error === null ? null : labelOf(error);
    if (label === expected.label) return null;
    return mismatch(error === null ? 'The run succeeded and should have failed.' : 'The run failed in another way.', [
      `error: ${expected.label}`,
      error === null ? `output: ${printOutput(output)}` : printError(error),
    ]);
  }
  if (error !== null)
    return mismatch('The run failed and should have succeeded.', [printExpected(expected), printError(error)]);
  switch (expected.kind) {
    case 'json': {
      const actual = parseOutput(output);
      if (actual === undefined)
        return mismatch('The output is not JSON.', [canonicalJson(expected.value), printOutput(output)]);
      return unlessEqual('The output is another JSON value.', canonicalJson(expected.value), canonicalJson(actual));
    }
    case 'text':
      return Buffer.from(expected.text, 'utf8').equals(output)
        ? null
        : mismatch('The output is another text.', [expected.text, printOutput(output)]);
    case 'bytes':
      return unlessEqual('The output has other bytes.', printBytes(expected.bytes), printBytes(output));
    case 'digest':
      return unlessEqual(
        'The output has another digest.',
        printExpected(expected),
        digestLines(sha256(output), output.length),
      );
  }
}

function labelOf(error: RunError): string {
  return error.code === 'tasklet_failed' ? (error.label ?? error.code) : error.code;
}

function unlessEqual(what: string, expected: string, actual: string): Mismatch | null {
  return expected === actual ? null : mismatch(what, [expected, actual]);
}

function mismatch(what: string, [expected, actual]: [string, string]): Mismatch {
  return { what, expected, actual, diff: lineDiff(expected, actual) };
}

function printExpected(expected: Exclude<Expected, { kind: 'error' }>): string {
  switch (expected.kind) {
    case 'json':
      return canonicalJson(expected.value);
    case 'text':
      return expected.text;
    case 'bytes':
      return printBytes(expected.bytes);
    case 'digest':
      return digestLines(expected.sha256, expected.bytes);
  }
}

function printError(error: RunError): string {
  return `error: ${labelOf(error)}\n${error.message}`;
}

function digestLines(digest: string, bytes: number): string {
  return `sha256 ${digest}\nbytes ${bytes}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function parseOutput(output: Uint8Array): ExactJson | undefined {
  const text = outputText(output);
  if (text === null || isDeepJson(output)) return undefined;
  try {
    return parseExactJson(text) as ExactJson;
  } catch {
    return undefined;
  }
}

function printOutput(output: Uint8Array): string {
  return outputText(output) ?? printBytes(output);
}

/** Sixteen bytes a line, each line with its offset, and no more lines than a person reads. */
function printBytes(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length && lines.length < 64; at += 16) {
    lines.push(
      `${at.toString(16).padStart(6, '0')}  ${Buffer.from(bytes.subarray(at, at + 16))
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1 ')}`,
    );
  }
  return [...lines, `${bytes.length} bytes, sha256 ${sha256(bytes)}`].join('\n');
}
