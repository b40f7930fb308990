/** Lines of sixteen bytes each: offset, the bytes in hexadecimal, and as text where they are ASCII. */
export function hexDump(bytes: Uint8Array, from: number, to: number): string {
  const lines: string[] = [];
  for (let at = from; at < Math.min(to, bytes.length); at += 16) {
    const row = bytes.subarray(at, Math.min(at + 16, bytes.length));
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const plain = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${plain}`);
  }
  return lines.join('\n');
}
