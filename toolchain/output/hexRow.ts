/** Bytes of one row of a dump. */
export const ROW_BYTES = 16;

/**
 * One row of a dump: the bytes in hexadecimal, padded to the width of a whole row, and as text,
 * with a dot for each byte that is not printable ASCII.
 *
 * @param at offset of the row's first byte
 */
export function hexRow(bytes: Uint8Array, at: number): { hex: string; text: string } {
  const row = bytes.subarray(at, at + ROW_BYTES);
  return {
    hex: Array.from(row, (byte) => byte.toString(16).padStart(2, '0'))
      .join(' ')
      .padEnd(3 * ROW_BYTES - 1),
    text: Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(''),
  };
}

/** The offset of a row as a dump writes it. */
export function hexOffset(at: number): string {
  return at.toString(16).padStart(8, '0');
}
