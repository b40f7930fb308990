/** Value of a u32 whose encoding has been checked. */
export function smallIndex(bytes: Uint8Array, pos: number): number {
  const first = bytes[pos] as number;
  if (first < 0x80) return first;
  let value = 0;
  for (let at = pos, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}
