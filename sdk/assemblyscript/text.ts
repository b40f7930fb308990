/**
 * Builds one long string from many parts.
 *
 * `text += part` is as cheap where `text` is a variable, a field or a global, so most programs need
 * no builder. Use one where functions hand the unfinished text around, or where parts are numbers
 * and code points: a builder writes them without a string for each.
 *
 * ```ts
 * const page = new Text();
 * for (let i = 0; i < rows.length; i++) page.append(rows[i]).appendChar(0x0a);
 * page.append("rows: ").appendNumber(rows.length);
 * return page.toString();
 * ```
 */
export class Text {
  /** Address of the UTF-16 code units, which move when they grow. */
  private buffer: usize;
  private room: usize;
  private used: usize = 0;

  /** Makes an empty builder with room for `units` UTF-16 code units; it grows by itself. */
  constructor(units: i32 = 32) {
    this.room = (<usize>max(units, 1)) << 1;
    this.buffer = __new(this.room, idof<ArrayBuffer>());
  }

  /** The length of the text in UTF-16 code units, as `toString().length`. */
  get length(): i32 {
    return <i32>(this.used >> 1);
  }

  /** Appends a string, and returns the builder, so that calls can follow each other. */
  append(part: string): Text {
    const bytes = <usize>part.length << 1;
    memory.copy(this.place(bytes), changetype<usize>(part), bytes);
    return this;
  }

  /** Appends one character by its code point: `0x0a` is a new line, `0x1f600` is 😀. */
  appendChar(codePoint: i32): Text {
    if (<u32>codePoint < 0x10000) {
      store<u16>(this.place(2), codePoint);
      return this;
    }
    assert(<u32>codePoint <= 0x10ffff, "appendChar takes a code point, at most 0x10ffff");
    store<u32>(this.place(4), (0xd7c0 + (codePoint >> 10)) | ((0xdc00 | (codePoint & 0x3ff)) << 16));
    return this;
  }

  /** Appends a number of any type as `toString()` writes it. Integers make no string on the way. */
  appendNumber<T>(value: T): Text {
    if (isInteger<T>()) {
      let magnitude = <u64>value;
      if (isSigned<T>() && value < <T>0) {
        store<u16>(this.place(2), 0x2d); // "-"
        magnitude = 0 - magnitude;
      }
      let divisor: u64 = 1;
      while (magnitude / divisor >= 10) divisor *= 10;
      for (; divisor > 0; divisor /= 10) store<u16>(this.place(2), 0x30 + <u16>((magnitude / divisor) % 10));
      return this;
    }
    if (isFloat<T>()) return this.append(value.toString());
    ERROR("appendNumber takes an integer or a float");
  }

  /** Makes the text empty. Its room stays. */
  clear(): void {
    this.used = 0;
  }

  /** Returns the text so far. The builder can go on; the string never changes. */
  toString(): string {
    const made = __new(this.used, idof<string>());
    memory.copy(made, this.buffer, this.used);
    return changetype<string>(made);
  }

  /** Makes room for `bytes` more, counts them, and returns their address. */
  private place(bytes: usize): usize {
    const start = this.used;
    const end = start + bytes;
    if (end > this.room) {
      this.room = max(end, this.room << 1);
      this.buffer = __renew(this.buffer, this.room);
    }
    this.used = end;
    return this.buffer + start;
  }
}
