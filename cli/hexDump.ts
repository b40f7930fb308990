/** Sixteen bytes a line: offset, hex, printable text. Runs of equal lines are shown once, as `*`. */
export function hexDump(bytes: Uint8Array, base: number, dim: (text: string) => string): string[] {
  const lines: string[] = [];
  let before = '';
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const last = at + 16 >= bytes.length;
    if (hex === before && !last) {
      if (lines.at(-1) !== '*') lines.push('*');
      continue;
    }
    before = hex;
    const text = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${dim((base + at).toString(16).padStart(8, '0'))}  ${hex.padEnd(47)}  ${dim(text)}`);
  }
  return lines;
}
