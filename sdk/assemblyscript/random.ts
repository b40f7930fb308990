import { random_fill } from "./host";

// Inside the namespace the functions hide the types they are named after.
type Word = u64;
type Real = f64;

/**
 * Random numbers of the run: good statistically, the same again in a replay, therefore no source of
 * secrets.
 */
export namespace random {
  /** Fills all of `bytes` with random bytes. */
  export function fill(bytes: Uint8Array): void {
    random_fill(bytes.dataStart, bytes.length);
  }

  /** Makes an array of `length` random bytes. */
  export function bytes(length: i32): Uint8Array {
    const result = new Uint8Array(length);
    random_fill(result.dataStart, length);
    return result;
  }

  /** A whole number from 0 to 2^64 - 1. */
  export function u64(): Word {
    const cell = memory.data(8);
    random_fill(cell, 8);
    return load<Word>(cell);
  }

  /** At least 0, less than 1: 53 random bits. */
  export function f64(): Real {
    return <Real>(u64() >> 11) * (1.0 / 9007199254740992.0);
  }
}
