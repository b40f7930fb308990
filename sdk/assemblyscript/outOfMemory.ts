import { failed } from "./fail";
import { fail } from "./host";

/**
 * Grows the memory. The build puts this function in place of the instruction `memory.grow` of a
 * tasklet. After a failure, the next trap ends the run as `out_of_memory`.
 */
export function growMemory(pages: i32): i32 {
  const before = memory.grow(pages);
  if (before < 0 && !failed()) report(<usize>pages << 16);
  return before;
}

/**
 * Ends the run as `out_of_memory`: a label with the wanted bytes, and then a trap. Static memory
 * holds the text of the label, because the heap has no room for it.
 */
export function outOfMemory(bytes: usize): void {
  report(bytes);
  unreachable();
}

function report(bytes: usize): void {
  const text = memory.data<u8>([
    0x6f, 0x75, 0x74, 0x5f, 0x6f, 0x66, 0x5f, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x5f, // out_of_memory_
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]);
  let divisor: usize = 1;
  while (bytes / divisor >= 10) divisor *= 10;
  let end = text + 14;
  for (; divisor > 0; divisor /= 10) store<u8>(end++, 0x30 + (bytes / divisor) % 10);
  fail(text, <i32>(end - text));
}
