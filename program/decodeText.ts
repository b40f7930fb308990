/** Byte order marks of UTF-16, and the encoding of each. */
const MARKS: ReadonlyArray<readonly [first: number, second: number, encoding: string]> = [
  [0xff, 0xfe, 'utf-16le'],
  [0xfe, 0xff, 'utf-16be'],
];

const LONE_RETURN = /\r(?!\n)/g;

/** The reason for a null of {@link decodeText}, as the end of a sentence. */
export const NOT_TEXT = 'it is neither UTF-8 nor UTF-16 text';

/**
 * Decodes a text file as editors save it: UTF-8 with or without a byte order mark, or UTF-16 with
 * one. The mark is taken off.
 *
 * A carriage return alone is a line end, and a `\n` takes its place: compilers and TOML would read
 * it as a part of the line, also of a comment. Offsets stay.
 *
 * @returns null where the bytes are no text
 */
export function decodeText(bytes: Uint8Array): string | null {
  return decodeExactText(bytes)?.replaceAll(LONE_RETURN, '\n') ?? null;
}

/** Decodes a text as {@link decodeText} does, and leaves its line ends. */
export function decodeExactText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Encodes a text for a file that is there already: in the same encoding, and with a byte order mark
 * where the file begins with one.
 *
 * @param before bytes of the file
 */
export function encodeText(text: string, before: Uint8Array): Uint8Array {
  const encoding = encodingOf(before);
  if (encoding === 'utf-8') {
    const isMarked = before[0] === 0xef && before[1] === 0xbb && before[2] === 0xbf;
    return Buffer.from(isMarked ? `\uFEFF${text}` : text);
  }
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return encoding === 'utf-16be' ? bytes.swap16() : bytes;
}

function encodingOf(bytes: Uint8Array): string {
  return MARKS.find(([first, second]) => bytes[0] === first && bytes[1] === second)?.[2] ?? 'utf-8';
}
