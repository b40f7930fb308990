import { fail, Json } from "grafos-std";

const INPUT_MAX = 1024 * 1024;

/** One stage of a pipeline: doubles the value of every event of a batch and keeps their order. */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length > INPUT_MAX) return fail("invalid_input");
  const batch = Json.parse(input);
  // The output of one stage can be the input of the next.
  const events = batch.isObject ? batch.get("events") : batch;
  if (!events.isArray) return fail("invalid_input");
  const doubled = Json.array();
  for (let i = 0; i < events.length; i++) {
    const key = events.at(i).get("key");
    const value = events.at(i).get("value");
    if (!key.isString || !value.isInteger) return fail("invalid_input");
    doubled.push(Json.object().set("key", key).set("value", Json.ofInteger(twice(value.asI64()))));
  }
  return Json.object().set("events", doubled).set("events_seen", Json.ofInteger(doubled.length)).toBytes();
}

/** Doubles a number. A result that 64 bits do not hold becomes the bound that it passed. */
function twice(number: i64): i64 {
  if (number > I64.MAX_VALUE / 2) return I64.MAX_VALUE;
  if (number < I64.MIN_VALUE / 2) return I64.MIN_VALUE;
  return number * 2;
}
