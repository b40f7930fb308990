/** Byte order marks of UTF-16, and the encoding that each announces. */
const MARKS: ReadonlyArray<readonly [first: number, second: number, encoding: string]> = [
  [0xff, 0xfe, 'utf-16le'],
  [0xfe, 0xff, 'utf-16be'],
];

/** The reason why {@link decodeText} gave nothing, as the end of a sentence. */
export const NOT_TEXT = 'it is neither UTF-8 nor UTF-16 text';

/**
 * Decodes a text file as editors save it: UTF-8 with or without a byte order mark, or UTF-16 with one. The mark is taken off.
 *
 * @returns null where the bytes are no text
 */
export function decodeText(bytes: Uint8Array): string | null {
  const mark = MARKS.find(([first, second]) => bytes[0] === first && bytes[1] === second);
  try {
    return new TextDecoder(mark?.[2] ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
