import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunJobOutcome } from '../../daemons/fabricbiosd/pool/runJob.ts';
import { buildTasklet } from '../../toolchain/compile/buildTasklet.ts';
import { rustTemplate } from '../../toolchain/newProgram/rustTemplate.ts';
import { type Cell, startRuntime } from '../daemons/runtimeHarness.ts';
import { scratchProgram } from '../helpers/scratchProgram.ts';

const MIB = 1024 * 1024;

/** A module of AssemblyScript that does what its input names. */
async function moduleOf(cases: ReadonlyArray<readonly [name: string, body: string]>, end: string): Promise<Uint8Array> {
  const functions = cases.map(([, body], index) => `function case${index}(): string { ${body} return ${end}; }\n`);
  const calls = cases.map(([name], index) => `  if (input == "${name}") return case${index}();\n`);
  await using scratch = await scratchProgram('demo.ts', {
    'demo.ts': `import { fail, failed, Text } from "grafos-std";
const TEXT = "${'x'.repeat(300)}";
${functions.join('')}export function compute(input: string): string {
${calls.join('')}  return fail<string>("unknown_case");
}
`,
  });
  return readFile((await buildTasklet(scratch.program, scratch.tasklet)).output);
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

/** Arms of a Rust `match` on the input, which is the name. */
const RUST: Array<[name: string, arm: string, code: string | null]> = [
  [
    'a vector',
    '{ let mut all = Vec::new(); while all.len() < 1 << 30 { all.push(input.len() as u64); } all.len() }',
    'out_of_memory',
  ],
  [
    'a string',
    '{ let mut all = String::new(); for _ in 0..1_000_000 { all.push_str("0123456789"); } all.len() }',
    'out_of_memory',
  ],
  ['try_reserve, handled', 'usize::from(Vec::<u8>::new().try_reserve(100_000_000).is_err())', null],
  [
    'a panic after try_reserve',
    '{ Vec::<u8>::new().try_reserve(100_000_000).expect("no room"); 0 }',
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

  const outcomeOf = (wasm: Uint8Array, name: string) =>
    cell.run(wasm, { input: Buffer.from(name), linear_memory_bytes: 4 * MIB, fuel: 1_000_000_000 });

  describe('in AssemblyScript', () => {
    let wasm: Uint8Array;
    before(async () => {
      wasm = await moduleOf(ASSEMBLYSCRIPT, 'TEXT + new Text().toString()');
    });
    for (const [name] of ASSEMBLYSCRIPT)
      it(`ends as out_of_memory: ${name}`, async () => isTold(await outcomeOf(wasm, name)));
  });

  describe('in AssemblyScript after its own memory.grow', () => {
    let wasm: Uint8Array;
    before(async () => {
      wasm = await moduleOf(
        GROWN.map(([name, body]) => [name, body]),
        'failed().toString()',
      );
    });
    for (const [name, , code] of GROWN) {
      it(`ends as ${code ?? 'a success'}: ${name}`, async () => {
        const outcome = await outcomeOf(wasm, name);
        assert.equal(outcome.error?.code ?? null, code, outcome.error?.message);
        if (code === 'out_of_memory') isTold(outcome);
        if (code === 'tasklet_failed') assert.equal(outcome.error?.label, 'early');
      });
    }
  });

  describe('in Rust', () => {
    let wasm: Uint8Array;
    before(async () => {
      const files = Object.fromEntries(rustTemplate('demo'));
      const source = Object.keys(files).find((path) => path.startsWith('tasklets/') && path.endsWith('/lib.rs')) ?? '';
      const arms = RUST.map(([name, arm]) => `        b"${name}" => ${arm},\n`).join('');
      const text = `pub fn compute(input: &[u8]) -> Result<String, &'static str> {
    let count: usize = match input {
${arms}        _ => return Err("invalid_input"),
    };
    Ok(count.to_string())
}

grafos::tasklet!(compute);
`;
      const folder = join(source, '../..').replaceAll('\\', '/');
      await using scratch = await scratchProgram(folder, { ...files, [source]: text });
      wasm = await readFile((await buildTasklet(scratch.program, scratch.tasklet)).output);
    });

    for (const [name, , code] of RUST) {
      it(`ends as ${code ?? 'a success'}: ${name}`, async () => {
        const outcome = await outcomeOf(wasm, name);
        assert.equal(outcome.error?.code ?? null, code, outcome.error?.message);
        if (code === 'out_of_memory') isTold(outcome);
        if (code === null) assert.equal(Buffer.from(outcome.output).toString(), '1');
      });
    }
  });
});
