/** The parts of the entry point that `grafos tasklet build` generates. Not for authors. */
import { blob_read, fail as hostFail, output_write } from "./host";
import { failed } from "./fail";
import { releaseObject } from "./runtime";
import { decodeUtf8, encodeUtf8, UTF8_BYTES_PER_UNIT, writeUtf8 } from "./utf8";

/** The whole input of the run. */
export function inputBytes(handle: i32, length: i32): Uint8Array {
  // By hand rather than by its constructor, which fills with zeros what is overwritten at once.
  const buffer = __new(length, idof<ArrayBuffer>());
  const bytes = __new(offsetof<Uint8Array>(), idof<Uint8Array>());
  store<usize>(bytes, buffer, offsetof<Uint8Array>("buffer"));
  store<usize>(bytes, buffer, offsetof<Uint8Array>("dataStart"));
  store<i32>(bytes, blob_read(handle, 0, buffer, length), offsetof<Uint8Array>("byteLength"));
  return changetype<Uint8Array>(bytes);
}

/**
 * The whole input of the run as text, or null where it is not UTF-8; the run then fails with
 * `invalid_utf8`.
 */
export function inputText(handle: i32, length: i32): string | null {
  const bytes = __new(length, idof<ArrayBuffer>());
  const text = decodeUtf8(bytes, blob_read(handle, 0, bytes, length));
  releaseObject(bytes);
  if (text === null) {
    const label = encodeUtf8("invalid_utf8");
    hostFail(changetype<usize>(label), label.byteLength);
  }
  return text;
}

/**
 * Writes the output. The result of the run is 0 also where the output is past its bound: the cell
 * then ends the run as `output_too_large`, which another result would hide.
 */
export function outputBytes(bytes: Uint8Array): i32 {
  output_write(bytes.dataStart, bytes.length);
  return 0;
}

/** UTF-16 code units of an output that are encoded at a time. */
const OUTPUT_UNITS: i32 = 16384;

/**
 * Writes the output in parts, so that a large text needs no second copy. The result of the run is 0
 * as in {@link outputBytes}; what follows a part that was refused is not encoded.
 */
export function outputText(text: string): i32 {
  const bytes = __new(<usize>min(text.length, OUTPUT_UNITS) * UTF8_BYTES_PER_UNIT, idof<ArrayBuffer>());
  let start = 0;
  do {
    let units = min(text.length - start, OUTPUT_UNITS);
    // The two halves of a surrogate pair stay together.
    if (start + units < text.length && (text.charCodeAt(start + units - 1) & 0xfc00) == 0xd800) units--;
    const end = writeUtf8(text, start, units, bytes);
    if (output_write(bytes, <i32>(end - bytes)) != 0) return 0;
    start += units;
  } while (start < text.length);
  return 0;
}

/** All of `_grafos_tasklet_run`, for a `compute` whose types only the compiler knows. */
// @ts-ignore: decorator
@inline
export function call<Input, Output>(compute: (input: Input) => Output, handle: i32, length: i32): i32 {
  let answer: Output;
  // A null is no output, and an input is never null.
  if (isNullable<Input>()) ERROR("compute takes Uint8Array or string");
  if (isNullable<Output>()) ERROR("compute returns Uint8Array or string");
  if (isString<Input>()) {
    const text = inputText(handle, length);
    if (text === null) return 1;
    answer = compute(changetype<Input>(text));
  } else if (idof<Input>() == idof<Uint8Array>()) {
    answer = compute(changetype<Input>(inputBytes(handle, length)));
  } else {
    ERROR("compute takes Uint8Array or string");
  }
  if (failed()) return 1;
  if (isString<Output>()) return outputText(changetype<string>(answer));
  if (idof<Output>() == idof<Uint8Array>()) return outputBytes(changetype<Uint8Array>(answer));
  ERROR("compute returns Uint8Array or string");
}
