import { isDeepJson } from '../../protocol/isDeepJson.ts';
import { parseExactJson } from '../../protocol/parseExactJson.ts';

// A byte order mark is no JSON (RFC 8259, section 8.1), so it is left in for the parser to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The value of an output that is JSON; undefined where it is none, or nests too deep to be written
 * again.
 *
 * @param parse the parser; `JSON.parse` is faster where the value itself is of no interest
 */
export function outputJson(output: Uint8Array, parse: (text: string) => unknown = parseExactJson): unknown {
  if (output.length === 0 || isDeepJson(output)) return undefined;
  try {
    return parse(utf8.decode(output));
  } catch {
    return undefined;
  }
}
