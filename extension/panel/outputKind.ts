/** First bytes of the pictures that are shown. SVG counts as text, because it may hold scripts. */
const PICTURES: Array<{ type: string; matches(bytes: Uint8Array): boolean }> = [
  { type: 'image/png', matches: (bytes) => startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) },
  { type: 'image/jpeg', matches: (bytes) => startsWith(bytes, 0, [0xff, 0xd8, 0xff]) },
  { type: 'image/gif', matches: (bytes) => startsWith(bytes, 0, [0x47, 0x49, 0x46, 0x38]) },
  {
    type: 'image/webp',
    matches: (bytes) =>
      startsWith(bytes, 0, [0x52, 0x49, 0x46, 0x46]) && startsWith(bytes, 8, [0x57, 0x45, 0x42, 0x50]),
  },
];

/**
 * The media type of a picture by its first bytes; null for bytes that are none of the four kinds.
 */
export function pictureType(bytes: Uint8Array): string | null {
  return PICTURES.find(({ matches }) => matches(bytes))?.type ?? null;
}

/**
 * The text that the bytes are in UTF-8; null for other bytes, and for text with control characters.
 */
export function textOf(bytes: Uint8Array): string | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  // Control characters other than tab and line ends: the bytes are valid UTF-8 by chance.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) ? null : text;
}

/** Cut UTF-8 without the incomplete character that the cut may have left at its end. */
export function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 4 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

function startsWith(bytes: Uint8Array, at: number, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[at + index] === byte);
}
