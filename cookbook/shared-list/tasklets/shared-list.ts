import { fail, Json } from "grafos-std";

/** Bytes of UTF-8. */
const APPEND_MAX = 1024;
const INPUT_MAX = 1024 * 1024;

/** Appends one text to a list that travels in the input and the output. */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length > INPUT_MAX) return fail("invalid_input");
  const request = Json.parse(input);
  const list = request.has("current") ? request.get("current") : Json.array();
  const append = request.get("to_append");
  if (!list.isArray || !append.isString) return fail("invalid_input");
  for (let i = 0; i < list.length; i++) if (!list.at(i).isString) return fail("invalid_input");
  const text = append.asString();
  if (text.length == 0) return fail("empty_append");
  if (String.UTF8.byteLength(text) > APPEND_MAX) return fail("append_too_large");

  const index = list.length;
  return Json.object().set("list", list.push(append)).set("new_index", Json.ofInteger(index)).toBytes();
}
