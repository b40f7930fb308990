import { log } from "./host";
import { writeUtf8 } from "./utf8";

/**
 * Longest part of a message or file name that is logged, in UTF-16 code units; a cut ends with "…".
 */
const TEXT_UNITS: i32 = 160;

/**
 * The function that the compiler calls where the code throws or an assertion fails. It logs the
 * message and its place, then traps (`trap_unreachable`).
 */
export function abort(message: string | null, fileName: string | null, line: u32, column: u32): void {
  // Static memory: when the heap is what ran out there is none to allocate.
  const start = memory.data(1024);
  let end = writeShort(message, start);
  store<u16>(end, 0x2820); // " ("
  end = writeShort(fileName, end + 2);
  end = writeDecimal(line, end);
  end = writeDecimal(column, end);
  store<u8>(end, 0x29); // ")"
  log(0, start, <i32>(end + 1 - start));
  unreachable();
}

function writeShort(text: string | null, to: usize): usize {
  if (text === null) return to;
  const end = writeUtf8(text, 0, min(text.length, TEXT_UNITS), to);
  if (text.length <= TEXT_UNITS) return end;
  store<u32>(end, 0xa680e2); // "…"
  return end + 3;
}

function writeDecimal(value: u32, to: usize): usize {
  store<u8>(to++, 0x3a); // ":"
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) store<u8>(to++, 0x30 + (value / divisor) % 10);
  return to;
}
