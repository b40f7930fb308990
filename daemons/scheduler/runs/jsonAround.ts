import { randomUUID } from 'node:crypto';

/** The placeholder in a value for JSON that {@link jsonAround} puts there. */
export const PLACEHOLDER = `here:${randomUUID()}`;

const PIECE_BYTES = 64 * 1024;

/**
 * The JSON of a value with `text`, itself JSON, in the place of {@link PLACEHOLDER}. It comes in
 * pieces, so that all of it need not be held or sent at once.
 *
 * @param indent as for `JSON.stringify`; `text` stays as it is
 */
export function* jsonAround(value: unknown, text: Uint8Array, indent?: number): Generator<Uint8Array> {
  const [before = '', after = ''] = JSON.stringify(value, null, indent).split(`"${PLACEHOLDER}"`);
  yield Buffer.from(before);
  for (let at = 0; at < text.length; at += PIECE_BYTES) yield text.subarray(at, at + PIECE_BYTES);
  yield Buffer.from(after);
}
