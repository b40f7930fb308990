import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunJobOutcome } from '../../daemons/fabricbiosd/runtime/runJob.ts';
import { buildTasklet } from '../../toolchain/build/buildTasklet.ts';
import { rustTemplate } from '../../toolchain/newProgram/rustTemplate.ts';
import { type Cell, startRuntime } from '../daemons/runtimeHarness.ts';
import { type ScratchProgram, scratchProgram } from '../helpers/scratchProgram.ts';

const MIB = 1024 * 1024;

async function outcomeOf(cell: Cell, scratch: ScratchProgram): Promise<RunJobOutcome> {
  const { output } = await buildTasklet(scratch.program, scratch.tasklet);
  return cell.run(await readFile(output), { linear_memory_bytes: 4 * MIB, fuel: 1_000_000_000 });
}

/** Bodies of `compute` that hold more than 4 MiB, by what asks for it. */
const ASSEMBLYSCRIPT: Array<[name: string, body: string]> = [
  ['an array', 'const a = new Array<i64>(); while (true) a.push(1);'],
  ['a list of objects', 'const a = new Array<Uint8Array>(); while (true) a.push(new Uint8Array(100));'],
  ['one large buffer', 'const a = new Uint8Array(5000000); return a.length.toString();'],
  ['growing text', 'let s = ""; while (true) s += "0123456789";'],
  ['two growing texts', 'let s = ""; let t = ""; while (true) { s += "0123456789"; t += s.length.toString(); }'],
  ['a builder', 'const t = new Text(); while (true) t.append("0123456789");'],
  ['a concatenation', 'let s = "0123456789"; let t = s; while (true) { t = s + t; s = t + s; }'],
  ['a map', 'const m = new Map<i32, i32>(); for (let i = 0; ; i++) m.set(i, i);'],
  ['a join', 'const a = new Array<string>(); for (let i = 0; i < 9000; i++) a.push(TEXT); return a.join(TEXT);'],
];

/** Code after a `memory.grow` that fails, by the code it ends with; null is a success. */
const GROWN: Array<[name: string, body: string, code: string | null]> = [
  ['throw', 'if (memory.grow(64) < 0) throw new Error("no room");', 'out_of_memory'],
  ['assert', 'assert(memory.grow(64) >= 0, "no room");', 'out_of_memory'],
  ['nothing', 'if (memory.grow(64) < 0) return "handled";', null],
  [
    'a growth that works, and throw',
    'if (memory.grow(1) > 0) throw new Error("no fault of memory");',
    'trap_unreachable',
  ],
  ['a label given before', 'const label = fail<string>("early"); memory.grow(64); return label;', 'tasklet_failed'],
];

/** Statements before the end of a Rust `compute`. */
const RUST: Array<[name: string, body: string, code: string | null]> = [
  [
    'a vector',
    'let mut all = Vec::new(); loop { all.push(input.len() as u64); if all.len() == 1 << 30 { break; } } let n = all.len();',
    'out_of_memory',
  ],
  [
    'a string',
    'let mut all = String::new(); for _ in 0..1_000_000 { all.push_str("0123456789"); } let n = all.len();',
    'out_of_memory',
  ],
  [
    'try_reserve, handled',
    'let mut all: Vec<u8> = Vec::new(); let n = if all.try_reserve(100_000_000).is_err() { 1 } else { 0 };',
    null,
  ],
  [
    'a panic after try_reserve',
    'let mut all: Vec<u8> = Vec::new(); let n: usize = 0; if all.try_reserve(100_000_000).is_err() { panic!("no room"); }',
    'trap_unreachable',
  ],
];

describe('a tasklet without linear memory', () => {
  let cell: Cell;
  before(() => {
    cell = startRuntime();
  });
  after(() => cell.runtime.stop());

  const isTold = (outcome: RunJobOutcome) => {
    assert.equal(outcome.error?.code, 'out_of_memory', outcome.error?.message);
    assert.match(outcome.error.message, /asked for [0-9]+ bytes more.*may have 4194304\..*linear_memory/);
  };

  for (const [name, body] of ASSEMBLYSCRIPT) {
    it(`in AssemblyScript ends as out_of_memory: ${name}`, async () => {
      await using scratch = await scratchProgram('demo.ts', {
        'demo.ts': `import { Text } from "grafos-std";
const TEXT = "${'x'.repeat(300)}";
export function compute(input: string): string { ${body} return TEXT + new Text().toString(); }
`,
      });
      isTold(await outcomeOf(cell, scratch));
    });
  }

  for (const [name, body, code] of GROWN) {
    it(`in AssemblyScript after its own memory.grow ends as ${code ?? 'a success'}: ${name}`, async () => {
      await using scratch = await scratchProgram('demo.ts', {
        'demo.ts': `import { fail, failed } from "grafos-std";
export function compute(input: string): string { ${body} return failed().toString(); }
`,
      });
      const outcome = await outcomeOf(cell, scratch);
      assert.equal(outcome.error?.code ?? null, code, outcome.error?.message);
      if (code === 'out_of_memory') isTold(outcome);
      if (code === 'tasklet_failed') assert.equal(outcome.error?.label, 'early');
    });
  }

  for (const [name, body, code] of RUST) {
    it(`in Rust ends as ${code ?? 'a success'}: ${name}`, async () => {
      const files = Object.fromEntries(rustTemplate('demo'));
      const source = Object.keys(files).find((path) => path.startsWith('tasklets/') && path.endsWith('/lib.rs')) ?? '';
      const text = `pub fn compute(input: &[u8]) -> Result<String, &'static str> {
    let _ = input;
    ${body}
    Ok(format!("{}", n))
}

grafos::tasklet!(compute);
`;
      await using scratch = await scratchProgram(join(source, '../..').replaceAll('\\', '/'), {
        ...files,
        [source]: text,
      });
      const outcome = await outcomeOf(cell, scratch);
      assert.equal(outcome.error?.code ?? null, code, outcome.error?.message);
      if (code === 'out_of_memory') isTold(outcome);
    });
  }
});
