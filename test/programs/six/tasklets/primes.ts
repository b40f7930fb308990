import { fabricMemory, fail, Json } from "grafos-std";

/** Numbers between two writes. */
const STEP: u32 = 20_000;

function isPrime(n: u32): bool {
  if (n < 2 || (n & 1) == 0) return n == 2;
  for (let divisor: u32 = 3; divisor * divisor <= n; divisor += 2) if (n % divisor == 0) return false;
  return true;
}

/**
 * A long run: counts the primes below `limit`, and keeps in fabric memory how far it came, as two
 * little-endian u32: the next number, and the number of primes below it.
 */
export function compute(input: Uint8Array): Uint8Array {
  const limit = Json.parse(input).get("limit");
  if (!limit.isUnsigned) return fail("invalid_input");
  const end = <u32>limit.asU64();
  const state = new Uint8Array(8);
  let primes: u32 = 0;
  for (let n: u32 = 0; n < end; n++) {
    if (isPrime(n)) primes++;
    if ((n + 1) % STEP != 0) continue;
    store<u32>(state.dataStart, n + 1);
    store<u32>(state.dataStart, primes, 4);
    if (fabricMemory.write(0, state) != 0) return fail("no_fabric_memory");
  }
  return Json.object().set("primes", Json.ofUnsigned(primes)).toBytes();
}
