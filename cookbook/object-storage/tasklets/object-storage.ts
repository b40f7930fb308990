import { crc32 } from "./crc32";
import { sha256 } from "./sha256";

/** Gives SHA-256, CRC-32 and size of the input: an object store keeps them to find out later whether the object is whole. */
export function compute(input: Uint8Array): string {
  return `{"sha256":"${sha256(input)}","crc32":${crc32(input)},"size_bytes":${input.length}}`;
}
