import { turns } from '../../protocol/turns.ts';
import { Refused } from '../refused.ts';

const FIRST_BYTES = 4_096;

/**
 * Reads the body of a request into a buffer of its own. Its pieces are copied as they come: joining
 * many megabytes at the end would hold up others.
 *
 * @param announced the header `content-length`, where there is one
 * @param most bytes
 * @param onPiece gets everything that came so far, after each piece
 * @throws {Refused} body_too_large, or bad_request when less came than was announced
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  announced: string | undefined,
  most: number,
  onPiece: (soFar: Buffer) => void = () => {},
): Promise<Buffer> {
  const length = announced === undefined ? undefined : Number(announced);
  const tooLarge = () => new Refused('body_too_large', `This body has at most ${most} bytes.`);
  if (length !== undefined && length > most) throw tooLarge();
  let bytes = Buffer.allocUnsafeSlow(length ?? FIRST_BYTES);
  let size = 0;
  const othersTurn = turns();
  for await (const piece of body) {
    if (size + piece.length > most) throw tooLarge();
    if (size + piece.length > bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(2 * bytes.length, size + piece.length)));
      bytes.copy(larger, 0, 0, size);
      bytes = larger;
    }
    bytes.set(piece, size);
    size += piece.length;
    onPiece(bytes.subarray(0, size));
    await othersTurn(piece.length);
  }
  if (length !== undefined && size !== length)
    throw new Refused('bad_request', 'The body is not as long as announced.');
  return bytes.subarray(0, size);
}
