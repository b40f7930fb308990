import { section, text, u32, wasmModule } from './wasmBytes.ts';

/** Lines of each function. */
const LINES = 380;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export interface LargeModule {
  wasm: Uint8Array;
  /** Its source map: every line of every function, in one source. */
  sourceMap: string;
  /** Instructions that one run executes in the functions. */
  fuel: number;
}

/**
 * A tasklet of `functions` functions of 4 KB each, with 6 instructions in each line. Its run
 * calls each of them `rounds` times, so that all instructions are executed.
 */
export function largeModule(functions: number, rounds: number): LargeModule {
  const body = [0];
  const lineStarts: number[] = [];
  for (let line = 0; line < LINES; line++) {
    lineStarts.push(body.length);
    // x = (x << shift) + line
    body.push(0x20, 0, 0x41, 1 + (line % 7), 0x74, 0x41, line % 60, 0x6a, 0x21, 0);
  }
  body.push(0x20, 0, 0x0b);
  const calls = Array.from({ length: functions }, (_, index) => [0x20, 2, 0x10, ...u32(index), 0x21, 2]).flat();
  // Rounds are below 64, so each is one byte of a signed number.
  const until = [0x20, 3, 0x41, 1, 0x6a, 0x22, 3, 0x41, rounds, 0x48, 0x0d, 0];
  const run = [1, 2, 0x7f, 0x03, 0x40, ...calls, ...until, 0x0b, 0x41, 0, 0x0b];
  const bodies = [...Array<number[]>(functions).fill(body), [0, 0x0b], run, [0, 0x0b]];
  const kinds = [...Array<number>(functions).fill(3), 0, 1, 2];
  const i32 = 0x7f;
  const before = [
    section(1, [4, 0x60, 2, i32, i32, 0, 0x60, 2, i32, i32, 1, i32, 0x60, 0, 0, 0x60, 1, i32, 1, i32]),
    section(3, u32(kinds.length), kinds),
    section(5, [1, 0, 1]),
    section(
      7,
      [4, ...text('memory'), 2, 0, ...text('_grafos_tasklet_init'), 0, ...u32(functions)],
      [...text('_grafos_tasklet_run'), 0, ...u32(functions + 1)],
      [...text('_grafos_tasklet_finalize'), 0, ...u32(functions + 2)],
    ),
  ];
  const code = bodies.flatMap((one) => [...u32(one.length), ...one]);
  const wasm = wasmModule(...before, section(10, u32(bodies.length), code));
  const end = wasm.length - code.length;
  const step = body.length + u32(body.length).length;
  const starts = Array.from({ length: functions }, (_, index) => end + index * step + u32(body.length).length);
  return { wasm, sourceMap: mapOf(starts, lineStarts), fuel: functions * LINES * 6 * rounds };
}

/** Maps each line start of each body to a line of its own. */
function mapOf(bodyStarts: number[], lineStarts: number[]): string {
  let last = 0;
  const mappings = bodyStarts.flatMap((start) =>
    lineStarts.map((offset) => {
      const column = start + offset - last;
      const isFirst = last === 0;
      last += column;
      return `${digits(column)}A${isFirst ? 'A' : 'C'}A`;
    }),
  );
  return JSON.stringify({ version: 3, sources: ['large.ts'], names: [], mappings: mappings.join(',') });
}

/** A positive number in the digits of a source map. */
function digits(value: number): string {
  let written = '';
  for (let rest = value << 1; ; ) {
    const digit = rest & 31;
    rest >>>= 5;
    written += DIGITS[rest > 0 ? digit | 32 : digit];
    if (rest === 0) return written;
  }
}
