/** Where a panic of Rust says that it was: a path as the compiler names it, and a line and a column, both from 1. */
export interface PanicPlace {
  path: string;
  line: number;
  column: number;
}

/** The standard hook writes `panicked at src/lib.rs:4:5:`, before Rust 1.73 `panicked at 'words', src/lib.rs:4:5`. */
const PANIC =
  /\bpanicked at (?:'(?:[^\n]|\n(?!\w+ panicked))*?', )?([^\n:']{1,400}):(\d{1,7}):(\d{1,5})(?::?[ \t]*$)/gm;

/** Bytes of a log's end that a panic is looked for in. */
const END_UNITS = 8 * 1024;

/** Finds the last panic in the log of a run; null where it has none. The log is the tasklet's own text and may say anything. */
export function panicPlace(log: string): PanicPlace | null {
  const last = [...log.slice(-END_UNITS).matchAll(PANIC)].at(-1);
  if (last === undefined) return null;
  return { path: last[1] as string, line: Number(last[2]), column: Number(last[3]) };
}
