/**
 * The text of an output; null where it is bytes. Text is UTF-8 without a NUL: small binary numbers
 * are UTF-8 by chance, and nearly all of them hold one. A byte order mark is part of the text.
 */
export function outputText(output: Uint8Array): string | null {
  if (output.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(output);
  } catch {
    return null;
  }
}
