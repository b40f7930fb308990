/**
 * The place that a panic of Rust names: a path in the compiler's words, a line and a column, both
 * from 1.
 */
interface PanicPlace {
  path: string;
  line: number;
  column: number;
}

/**
 * The words of the standard panic hook: `panicked at src/lib.rs:4:5:`, and before Rust 1.73
 * `panicked at 'words', src/lib.rs:4:5`.
 */
const PANIC =
  /\bpanicked at (?:'(?:[^\n]|\n(?!\w+ panicked))*?', )?([^\n:']{1,400}):(\d{1,7}):(\d{1,5})(?::?[ \t]*$)/gm;

/** UTF-16 units at the end of a log in which a panic is looked for. */
const END_UNITS = 8 * 1024;

/**
 * Finds the last panic in the log of a run; null where it has none. The tasklet writes the log, so
 * it may hold any text.
 */
export function panicPlace(log: string): PanicPlace | null {
  const last = [...log.slice(-END_UNITS).matchAll(PANIC)].at(-1);
  if (last === undefined) return null;
  return { path: last[1] as string, line: Number(last[2]), column: Number(last[3]) };
}
