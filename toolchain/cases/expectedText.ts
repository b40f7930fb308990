import { createHash } from 'node:crypto';
import type { RunError } from '../../daemons/wire/runError.ts';
import { outputText } from '../output/outputText.ts';
import { readExpected } from './readExpected.ts';

/** Bytes of an output without text that is written out; a larger one is expected by its digest. */
const BASE64_BYTES = 4 * 1024;
/** Bytes of a text that is written out; a longer one counts as an output without text. */
const TEXT_BYTES = 1024 * 1024;

/**
 * Makes the text of an `.expected.json` that a run with this end fulfils. Numbers keep every digit.
 */
export function expectedText(outcome: { output: Uint8Array; error: RunError | null }): string {
  const { output, error } = outcome;
  if (error !== null) {
    return text({ $error: error.code === 'tasklet_failed' ? (error.label ?? error.code) : error.code });
  }
  const words = output.length > TEXT_BYTES ? null : outputText(output);
  if (words !== null) {
    const value = jsonOf(words);
    return text(value === undefined ? { $text: words } : value);
  }
  if (output.length <= BASE64_BYTES) return text({ $base64: Buffer.from(output).toString('base64') });
  return text({ $sha256: createHash('sha256').update(output).digest('hex'), $bytes: output.length });
}

/**
 * Gives the JSON value that an expectation can hold as it is; undefined for other text, for deep
 * JSON, and for an object such as `{"$text": …}`, which has another meaning.
 */
function jsonOf(words: string): unknown {
  try {
    const expected = readExpected(words);
    return expected.kind === 'json' ? expected.value : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
