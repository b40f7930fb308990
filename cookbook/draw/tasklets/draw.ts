import { clock, fail, Json, log, random } from "grafos-std";

const NAMES_MAX = 1000;

/** Draws winners from a list of names, each at most once. */
export function compute(input: Uint8Array): Uint8Array {
  const request = Json.parse(input);
  const names = request.get("names");
  const wanted = request.get("winners");
  if (!names.isArray || names.length > NAMES_MAX || !wanted.isInteger) return fail("invalid_input");
  for (let i = 0; i < names.length; i++) if (!names.at(i).isString) return fail("invalid_input");
  const count = wanted.asI64();
  if (count < 0) return fail("invalid_input");
  if (count > names.length) return fail("too_few_names");

  // Fisher–Yates shuffle, for the winners alone: each drawn name trades places with the first one
  // left.
  const order = new StaticArray<i32>(names.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const winners = Json.array();
  for (let i = 0; i < <i32>count; i++) {
    const drawn = i + <i32>(random.u64() % <u64>(order.length - i));
    const index = order[drawn];
    order[drawn] = order[i];
    order[i] = index;
    winners.push(names.at(index));
  }
  log.info(`drawn ${clock() / 1_000_000} ms after 1970`);
  return Json.object().set("winners", winners).toBytes();
}
