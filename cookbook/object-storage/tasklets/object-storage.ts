import { crc32 } from "./crc32";
import { sha256 } from "./sha256";

/**
 * Gives SHA-256, CRC-32 and size of the input, by which an object store checks the object later.
 */
export function compute(input: Uint8Array): string {
  return `{"sha256":"${sha256(input)}","crc32":${crc32(input)},"size_bytes":${input.length}}`;
}
