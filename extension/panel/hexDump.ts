import { hexOffset, hexRow, ROW_BYTES } from '../../toolchain/output/hexRow.ts';

/**
 * Lines of sixteen bytes each: offset, the bytes in hexadecimal, and as text where they are ASCII.
 */
export function hexDump(bytes: Uint8Array, from: number, to: number): string {
  const shown = bytes.subarray(0, to);
  const lines: string[] = [];
  for (let at = from; at < shown.length; at += ROW_BYTES) {
    const { hex, text } = hexRow(shown, at);
    lines.push(`${hexOffset(at)}  ${hex}  ${text}`);
  }
  return lines.join('\n');
}
