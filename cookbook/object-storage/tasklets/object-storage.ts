import { crc32 } from "./crc32";
import { sha256 } from "./sha256";

/** What an object store keeps beside an object to find out later whether it is still whole. */
export function compute(input: Uint8Array): string {
  return `{"sha256":"${sha256(input)}","crc32":"${crc32(input)}","size_bytes":${input.length}}`;
}
