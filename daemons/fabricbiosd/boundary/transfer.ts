/** Bytes above which moving an ArrayBuffer to another thread is cheaper than copying it. */
export const TRANSFER_FROM = 64 * 1024;

/**
 * Prepares bytes for posting. Structured clone copies the whole buffer of a view, so a view of a
 * part becomes a copy of its own.
 *
 * @param transfer gets the buffer when it is large enough to be moved; it is empty for the sender
 *   then
 */
export function postable(bytes: Uint8Array, transfer: ArrayBuffer[]): Uint8Array {
  const { buffer } = bytes;
  if (!(buffer instanceof ArrayBuffer)) return new Uint8Array(bytes);
  const whole = bytes.byteLength === buffer.byteLength;
  const own = whole ? bytes : new Uint8Array(bytes);
  if (own.byteLength > TRANSFER_FROM) transfer.push(own.buffer as ArrayBuffer);
  return own;
}
