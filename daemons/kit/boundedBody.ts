import { createYield } from '../../base/bulkTurns.ts';

const FIRST_BYTES = 4_096;

export interface BodyBounds {
  /** The header `content-length`, where there is one. */
  announced: string | undefined;
  /** Bytes. */
  most: number;
  /** Makes the error of a body that is too large, or shorter or longer than announced. */
  refuse(fault: 'length' | 'too_large', most: number): Error;
  /** Called with everything that came so far, after each piece. */
  onPiece?: (soFar: Buffer) => void;
}

/**
 * Reads the body of a request into a buffer of its own. Its pieces are copied as they come: joining
 * many megabytes at the end would hold up others.
 *
 * @throws what `refuse` makes
 */
export async function boundedBody(body: AsyncIterable<Uint8Array>, bounds: BodyBounds): Promise<Buffer> {
  const { announced, most, refuse, onPiece } = bounds;
  const length = announced === undefined ? undefined : Number(announced);
  if (length !== undefined && length > most) throw refuse('too_large', most);
  let bytes = Buffer.allocUnsafeSlow(length ?? FIRST_BYTES);
  let size = 0;
  const yieldAfter = createYield();
  for await (const piece of body) {
    if (size + piece.length > most) throw refuse('too_large', most);
    if (size + piece.length > bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(2 * bytes.length, size + piece.length)));
      bytes.copy(larger, 0, 0, size);
      bytes = larger;
    }
    bytes.set(piece, size);
    size += piece.length;
    onPiece?.(bytes.subarray(0, size));
    await yieldAfter(piece.length);
  }
  if (length !== undefined && size !== length) throw refuse('length', most);
  return bytes.subarray(0, size);
}
