import { hexOffset, hexRow, ROW_BYTES } from '../toolchain/output/hexRow.ts';

/**
 * Sixteen bytes a line: offset, hex, printable text. Runs of equal lines are shown once, as `*`.
 */
export function hexDump(bytes: Uint8Array, base: number, dim: (text: string) => string): string[] {
  const lines: string[] = [];
  let before = '';
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const { hex, text } = hexRow(bytes, at);
    const last = at + ROW_BYTES >= bytes.length;
    if (hex === before && !last) {
      if (lines.at(-1) !== '*') lines.push('*');
      continue;
    }
    before = hex;
    lines.push(`${dim(hexOffset(base + at))}  ${hex}  ${dim(text)}`);
  }
  return lines;
}
