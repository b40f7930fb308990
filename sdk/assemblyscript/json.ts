import { parseDecimal } from "./decimal";
import { readJson } from "./jsonReader";
import { writeJson } from "./jsonWriter";
import { decodeUtf8, encodeUtf8 } from "./utf8";

/** The kinds of a {@link Json}. */
export const enum JsonKind {
  /**
   * The answer of `get` and `at` where there is nothing. Everything asked of it is missing again,
   * so that a chain needs one check at its end.
   */
  Missing,
  /** The answer of `Json.parse` to a text that is not JSON: see `error`. */
  Invalid,
  /** The value `null`. */
  Null,
  /** `true` or `false`. */
  Bool,
  /** A number written without fraction or exponent that fits 64 signed bits. */
  Integer,
  /**
   * Any other number. Kept as it was written: parsed when `asF64` asks, written back digit by
   * digit.
   */
  Number,
  /** A text. */
  String,
  /** A list of values. */
  Array,
  /** Members, each a name and a value. */
  Object,
}

/**
 * A JSON value (RFC 8259), read or made.
 *
 * Objects keep their order; where a name comes twice the last one counts. `parse` takes UTF-8
 * without a byte order mark and nothing that the RFC does not allow: at most 128 levels deep, no
 * lone surrogates. Asking for another type than it is gives the fallback, never a trap.
 */
@final
export class Json {
  // The fields are for the reader and the writer beside this file.
  bits: i64 = 0;
  text: string = "";
  items: Array<Json> | null = null;
  names: Array<string> | null = null;

  /** Makes a value of a kind. `object()`, `array()` and the `of…` functions are simpler. */
  constructor(public readonly kind: JsonKind) {}

  /** Reads UTF-8. It never traps: a text that is not JSON gives a value whose `exists` is false. */
  static parse(bytes: Uint8Array): Json {
    return readJson(bytes.dataStart, bytes.length);
  }

  /** Reads a string, as `parse` reads bytes. */
  static parseText(text: string): Json {
    const bytes = encodeUtf8(text);
    return readJson(changetype<usize>(bytes), bytes.byteLength);
  }

  /** Makes an empty object; `set` gives it members. */
  static object(): Json {
    const json = new Json(JsonKind.Object);
    json.items = [];
    json.names = [];
    return json;
  }

  /** Makes an empty array; `push` adds items. */
  static array(): Json {
    const json = new Json(JsonKind.Array);
    json.items = [];
    return json;
  }

  /** Makes a text. */
  static ofString(value: string): Json {
    const json = new Json(JsonKind.String);
    json.text = value;
    return json;
  }

  /** Makes a whole number, exactly. */
  static ofInteger(value: i64): Json {
    const json = new Json(JsonKind.Integer);
    json.bits = value;
    return json;
  }

  /** Makes a whole number from 0 to 2^64 - 1, exactly. */
  static ofUnsigned(value: u64): Json {
    if (<i64>value >= 0) return Json.ofInteger(value);
    const json = new Json(JsonKind.Number);
    // By hand: the language's own way brings tables larger than this file. From 2^63 on there are
    // 19 or 20 digits.
    const digits = value < 10000000000000000000 ? 19 : 20;
    const text = __new(digits << 1, idof<string>());
    for (let i = digits - 1; i >= 0; i--, value /= 10) store<u16>(text + (<usize>i << 1), 0x30 + <u16>(value % 10));
    json.text = changetype<string>(text);
    return json;
  }

  /** Makes a number. NaN and the infinities, which JSON does not have, become null. */
  static ofFloat(value: f64): Json {
    if (!isFinite(value)) return new Json(JsonKind.Null);
    const json = new Json(JsonKind.Number);
    const text = value.toString();
    json.text = text.endsWith(".0") ? text.substring(0, text.length - 2) : text;
    return json;
  }

  /** Makes `true` or `false`. */
  static ofBool(value: bool): Json {
    const json = new Json(JsonKind.Bool);
    json.bits = value;
    return json;
  }

  /** Makes `null`. */
  static ofNull(): Json {
    return new Json(JsonKind.Null);
  }

  /** True where there is a value: not missing, not invalid. */
  get exists(): bool {
    return this.kind > JsonKind.Invalid;
  }

  /** True for `null`, and false for a missing value. */
  get isNull(): bool {
    return this.kind == JsonKind.Null;
  }

  /** True for `true` and `false`. */
  get isBool(): bool {
    return this.kind == JsonKind.Bool;
  }

  /** True for a whole number that fits `i64`, written without fraction or exponent. */
  get isInteger(): bool {
    return this.kind == JsonKind.Integer;
  }

  /** True for a number, an integer or another. */
  get isNumber(): bool {
    return this.kind == JsonKind.Integer || this.kind == JsonKind.Number;
  }

  /** True for a text. */
  get isString(): bool {
    return this.kind == JsonKind.String;
  }

  /** True for an array. */
  get isArray(): bool {
    return this.kind == JsonKind.Array;
  }

  /** True for an object. */
  get isObject(): bool {
    return this.kind == JsonKind.Object;
  }

  /** The value of a bool, else the fallback. */
  asBool(fallback: bool = false): bool {
    return this.kind == JsonKind.Bool ? this.bits != 0 : fallback;
  }

  /** The value of an integer, else the fallback. `1.0` and `1e3` are no integers. */
  asI64(fallback: i64 = 0): i64 {
    return this.kind == JsonKind.Integer ? this.bits : fallback;
  }

  /** True for a whole number from 0 to 2^64 - 1, written without fraction or exponent. */
  get isUnsigned(): bool {
    if (this.kind == JsonKind.Integer) return this.bits >= 0;
    if (this.kind != JsonKind.Number) return false;
    const text = this.text;
    for (let i = 0; i < text.length; i++) if (<u32>(text.charCodeAt(i) - 0x30) > 9) return false;
    // Larger than i64, so 19 digits or more; of 20 digits the text decides.
    return text.length < 20 || (text.length == 20 && text <= "18446744073709551615");
  }

  /** The value of a whole number from 0 to 2^64 - 1, else the fallback. */
  asU64(fallback: u64 = 0): u64 {
    if (!this.isUnsigned) return fallback;
    if (this.kind == JsonKind.Integer) return <u64>this.bits;
    let value: u64 = 0;
    const text = this.text;
    for (let i = 0; i < text.length; i++) value = value * 10 + (text.charCodeAt(i) - 0x30);
    return value;
  }

  /** The value of a number, rounded to the nearest `f64`, else the fallback. */
  asF64(fallback: f64 = 0): f64 {
    if (this.kind == JsonKind.Integer) return <f64>this.bits;
    return this.kind == JsonKind.Number ? parseDecimal(this.text) : fallback;
  }

  /** The text of a string, else the fallback. */
  asString(fallback: string = ""): string {
    return this.kind == JsonKind.String ? this.text : fallback;
  }

  /** Items of an array, members of an object; 0 of anything else. */
  get length(): i32 {
    const items = this.items;
    return items === null ? 0 : items.length;
  }

  /** Item of an array or value of an object's member, by place. */
  at(index: i32): Json {
    const items = this.items;
    return items !== null && <u32>index < <u32>items.length ? unchecked(items[index]) : new Json(JsonKind.Missing);
  }

  /** Name of an object's member, by place. */
  nameAt(index: i32): string {
    const names = this.names;
    return names !== null && <u32>index < <u32>names.length ? unchecked(names[index]) : "";
  }

  /** Value of an object's member; a value that does not exist where there is none. */
  get(name: string): Json {
    return this.at(this.find(name));
  }

  /** True for an object that has a member of that name. */
  has(name: string): bool {
    return this.find(name) >= 0;
  }

  /**
   * Gives an object's member its value, in its place if there is one of that name, else at the end.
   * Returns the object. Nothing happens to another kind.
   */
  set(name: string, value: Json): Json {
    const names = this.names;
    const items = this.items;
    if (names === null || items === null) return this;
    const place = this.find(name);
    if (place >= 0) {
      items[place] = value;
    } else {
      names.push(name);
      items.push(value);
    }
    return this;
  }

  /** Adds an item to an array. Returns the array. Nothing happens to another kind. */
  push(value: Json): Json {
    const items = this.items;
    if (items !== null && this.kind == JsonKind.Array) items.push(value);
    return this;
  }

  /** Why `parse` refused, in snake_case; empty for a value. */
  get error(): string {
    return this.kind == JsonKind.Invalid ? this.text : "";
  }

  /** Byte at which `parse` stopped. */
  get errorOffset(): i32 {
    return this.kind == JsonKind.Invalid ? <i32>this.bits : 0;
  }

  /** Writes it as UTF-8 without blanks. Missing and invalid values are written as null. */
  toBytes(): Uint8Array {
    return Uint8Array.wrap(writeJson(this));
  }

  /** Writes it as a string, as `toBytes` writes bytes. */
  toString(): string {
    const bytes = writeJson(this);
    const text = decodeUtf8(changetype<usize>(bytes), bytes.byteLength);
    return text === null ? "" : text;
  }

  private find(name: string): i32 {
    const names = this.names;
    if (names !== null) {
      for (let i = names.length - 1; i >= 0; i--) if (unchecked(names[i]) == name) return i;
    }
    return -1;
  }
}
