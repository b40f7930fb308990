// A byte order mark is no JSON (RFC 8259, section 8.1), so it is left in for the parser to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** JSON nested deeper than this is treated as no JSON: V8 could not write it again. */
const MAX_DEPTH = 512;

/** What an output says as JSON; undefined when it is none. */
export function outputJson(output: Uint8Array): unknown {
  if (output.length === 0 || isDeep(output)) return undefined;
  try {
    return JSON.parse(utf8.decode(output));
  } catch {
    return undefined;
  }
}

function isDeep(json: Uint8Array): boolean {
  if (json.length <= MAX_DEPTH) return false;
  let depth = 0;
  let inText = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index];
    if (inText) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}
