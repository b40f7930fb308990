/** Eight lower-case hexadecimal digits. */
export function hex32(word: u32): string {
  let text = "";
  for (let shift = 28; shift >= 0; shift -= 4) {
    const digit = (word >> shift) & 15;
    text += String.fromCharCode(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
  return text;
}
