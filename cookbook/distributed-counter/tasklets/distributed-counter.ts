import { fail, Json } from "grafos-std";

const INPUT_MAX = 1024;

/**
 * One step of an unsigned 64-bit counter. Its state travels in the input and the output, so that
 * any cell can take the next step.
 */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length > INPUT_MAX) return fail("invalid_input");
  const current = Json.parse(input).get("current");
  if (!current.isUnsigned) return fail("invalid_input");
  const previous = current.asU64();
  if (previous == U64.MAX_VALUE) return fail("counter_overflow");
  return Json.object()
    .set("previous", Json.ofUnsigned(previous))
    .set("new_value", Json.ofUnsigned(previous + 1))
    .toBytes();
}
