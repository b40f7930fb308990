/**
 * One string for each letter of ASCII, made at its first use, so that a loop over the letters of a
 * text costs no memory. The build puts these functions in place of the language's own, which have
 * the same results. Not for authors.
 */

/** The strings of the letters below {@link LETTERS}; 0 where none is made yet. */
// @ts-ignore: decorator
@lazy const STRINGS: usize = memory.data(512);
// @ts-ignore: decorator
@inline const LETTERS: u32 = 128;

function letter(unit: u32): string {
  const place = STRINGS + (<usize>unit << 2);
  if (unit < LETTERS) {
    const known = load<u32>(place);
    if (known != 0) return changetype<string>(<usize>known);
  }
  const made = __new(2, idof<string>());
  store<u16>(made, unit);
  if (unit < LETTERS) store<u32>(place, <u32>made);
  return changetype<string>(made);
}

/** `String#charAt` and `text[position]`. */
export function charAt(text: string, position: i32): string {
  if (<u32>position >= <u32>text.length) return "";
  return letter(load<u16>(changetype<usize>(text) + (<usize>position << 1)));
}

/** `String.fromCharCode`. */
export function fromCharCode(unit: i32, low: i32): string {
  if (low <= 0) return letter(unit & 0xffff);
  const made = __new(4, idof<string>());
  store<u16>(made, unit);
  store<u16>(made, low, 2);
  return changetype<string>(made);
}
