/**
 * Finds the end of a piece of text that can be made harmless by itself. A cut inside of a surrogate
 * pair, or of an order like `##[`, would hide the one or the other.
 *
 * @param length UTF-16 units of the piece; the piece is longer where no cut is safe before
 * @returns the index of the unit after the piece
 */
export function pieceEnd(text: string, from: number, length: number): number {
  let at = from + length;
  while (at < text.length && /[#\w\ud800-\udbff]/.test(text[at - 1] ?? '')) at += 1;
  return Math.min(at, text.length);
}
