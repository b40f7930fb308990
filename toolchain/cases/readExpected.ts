import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { parseExactJson } from '../../base/json/parseExactJson.ts';
import { LIMITS } from '../../base/limits.ts';
import type { ExactJson, Expected } from './fixture.ts';

/**
 * Reads an `.expected.json`.
 *
 * It is the output itself, unless it is an object whose only member starts with `$`:
 * `{"$error": "label"}`, `{"$text": "…"}`, `{"$base64": "…"}`, `{"$sha256": "…", "$bytes": 3}`.
 *
 * @throws {Error} with a sentence for people
 */
export function readExpected(text: string): Expected {
  if (isDeepJson(Buffer.from(text))) throw new Error(`it nests deeper than ${LIMITS.jsonDepth} levels`);
  const value = parseExactJson(text) as ExactJson;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || JSON.isRawJSON(value))
    return { kind: 'json', value };
  const names = Object.keys(value);
  if (names.length === 0 || !names.every((name) => name.startsWith('$'))) return { kind: 'json', value };
  const shape = names.sort().join(' ');
  const label = value.$error;
  if (shape === '$error' && typeof label === 'string') return { kind: 'error', label };
  const words = value.$text;
  if (shape === '$text' && typeof words === 'string') return { kind: 'text', text: words };
  const base64 = value.$base64;
  if (shape === '$base64' && typeof base64 === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    return { kind: 'bytes', bytes: new Uint8Array(Buffer.from(base64, 'base64')) };
  }
  return readDigest(value, shape);
}

function readDigest(value: { [name: string]: ExactJson }, shape: string): Expected {
  const { $sha256: sha256, $bytes: bytes } = value;
  if (
    shape === '$bytes $sha256' &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    typeof bytes === 'number'
  ) {
    return { kind: 'digest', sha256, bytes };
  }
  throw new Error(
    'an expectation other than the output itself is one of {"$error": "label"}, {"$text": "…"}, {"$base64": "…"}, {"$sha256": "64 hex digits", "$bytes": number}',
  );
}
