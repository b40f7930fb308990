import { LIMITS } from '../limits.ts';

/**
 * Tells JSON that nests deeper than {@link LIMITS.jsonDepth}, without parsing it.
 *
 * V8 parses any depth, and then overflows its stack when it writes or compares the value again.
 */
export function isDeepJson(json: Uint8Array): boolean {
  if (json.length <= LIMITS.jsonDepth) return false;
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
      if (depth > LIMITS.jsonDepth) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}
