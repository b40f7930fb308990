import { isDeepJson } from '../../protocol/isDeepJson.ts';

// A byte order mark is no JSON (RFC 8259, section 8.1), so it is left in for the parser to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What an output says as JSON; undefined when it is none, or nests too deep to be written again. */
export function outputJson(output: Uint8Array): unknown {
  if (output.length === 0 || isDeepJson(output)) return undefined;
  try {
    return JSON.parse(utf8.decode(output));
  } catch {
    return undefined;
  }
}
