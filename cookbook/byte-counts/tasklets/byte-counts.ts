import { fabricMemory, fail, hostStatus, Json } from "grafos-std";

const INPUT_MAX = 1024 * 1024;
const VALUES = 256;
/** A counter of 32 bits, little-endian, for each value of a byte. */
const COUNTERS_BYTES = VALUES * 4;

/** Counts how often each byte is in the input. Holders of the lease can watch the counters. */
export function compute(input: Uint8Array): Uint8Array {
  if (input.length > INPUT_MAX) return fail("invalid_input");
  if (fabricMemory.size() < COUNTERS_BYTES) return fail("no_fabric_memory");
  const counters = new Uint8Array(COUNTERS_BYTES);
  for (let i = 0; i < input.length; i++) {
    const counter = counters.dataStart + (<usize>unchecked(input[i]) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  if (fabricMemory.write(0, counters) != hostStatus.OK) return fail("fabric_memory_lost");

  // The result comes from the bytes in the lease, not from the copy of this instance.
  const held = new Uint8Array(COUNTERS_BYTES);
  if (fabricMemory.read(0, held) != hostStatus.OK) return fail("fabric_memory_lost");
  let distinct = 0;
  let most = 0;
  for (let value = 0; value < VALUES; value++) {
    if (countOf(held, value) == 0) continue;
    distinct++;
    if (countOf(held, value) > countOf(held, most)) most = value;
  }
  return Json.object()
    .set("bytes", Json.ofInteger(input.length))
    .set("distinct", Json.ofInteger(distinct))
    .set("most", input.length == 0 ? Json.ofNull() : Json.ofInteger(most))
    .toBytes();
}

function countOf(counters: Uint8Array, value: i32): u32 {
  return load<u32>(counters.dataStart + (<usize>value << 2));
}
