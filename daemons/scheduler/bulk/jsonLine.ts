import { readFileSync } from 'node:fs';
import { RefusedError } from '../refused.ts';
import { outputJson } from '../runs/outputJson.ts';

/**
 * Reads the JSON of a file as one line, otherwise as it was written; null for other content.
 *
 * @throws {RefusedError} not_found
 */
export function jsonLine(path: string): Uint8Array | null {
  let text: Uint8Array;
  try {
    text = readFileSync(path);
  } catch {
    throw new RefusedError('not_found', 'The output of the run is not in the store any more.');
  }
  if (outputJson(text, JSON.parse) === undefined) return null;
  // Inside a string both are escaped: here they are white space.
  for (let at = 0; at < text.length; at += 1) if (text[at] === 0x0a || text[at] === 0x0d) text[at] = 0x20;
  return text;
}
