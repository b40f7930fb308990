import { isDeepJson } from '../../../base/json/isDeepJson.ts';
import { parseExactJson } from '../../../base/json/parseExactJson.ts';

// A byte order mark is no JSON (RFC 8259, section 8.1), so it is left in for the parser to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses an output; undefined where it is not JSON, or nests too deep to be written again.
 *
 * @param parse `JSON.parse` is faster where nobody reads the value itself
 */
export function outputJson(output: Uint8Array, parse: (text: string) => unknown = parseExactJson): unknown {
  if (output.length === 0 || isDeepJson(output)) return undefined;
  try {
    return parse(utf8.decode(output));
  } catch {
    return undefined;
  }
}
