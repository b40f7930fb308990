import { randomUUID } from 'node:crypto';

/** Stands in a value for JSON that is put there by {@link jsonAround}. */
export const HERE = `here:${randomUUID()}`;

const PIECE_BYTES = 64 * 1024;

/**
 * The JSON of a value with `text`, JSON itself, in the place of {@link HERE}; in pieces, so that nobody has to hold or send all of it at once.
 * @param indent as for `JSON.stringify`; `text` stays as it is
 */
export function* jsonAround(value: unknown, text: Uint8Array, indent?: number): Generator<Uint8Array> {
  const [before = '', after = ''] = JSON.stringify(value, null, indent).split(`"${HERE}"`);
  yield Buffer.from(before);
  for (let at = 0; at < text.length; at += PIECE_BYTES) yield text.subarray(at, at + PIECE_BYTES);
  yield Buffer.from(after);
}
