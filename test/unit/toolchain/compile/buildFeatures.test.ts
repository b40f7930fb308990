import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadProgram } from '../../../../program/loadProgram.ts';
import { BuildFailedError } from '../../../../toolchain/compile/buildFailed.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { staleness } from '../../../../toolchain/compile/staleness.ts';
import { rustTemplate } from '../../../../toolchain/newProgram/rustTemplate.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';
import { runOnHost } from '../../../helpers/taskletHost.ts';

/** Sums the bytes of its input, sixteen at a time. */
const LANES = `export function compute(input: Uint8Array): string {
  let sums = i32x4.splat(0);
  for (let at = 0; at + 16 <= input.length; at += 16) {
    const bytes = v128.load(input.dataStart + at);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
  }
  let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  for (let at = input.length & ~15; at < input.length; at++) sum += input[at];
  return sum.toString();
}
`;
const COPIES = `export function compute(input: Uint8Array): Uint8Array {
  const copy = new Uint8Array(input.length);
  memory.copy(copy.dataStart, input.dataStart, input.length);
  return copy;
}
`;
const INPUT = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
const SUM = String(INPUT.reduce((sum, byte) => sum + byte, 0));

/** Builds with a `features` key, or without it. */
async function built(scratch: ScratchProgram, features: string | null) {
  const manifest = await readFile(join(scratch.root, 'grafos.toml'), 'utf8');
  const kept = manifest.replace(/^features.*\n/m, '');
  await scratch.write('grafos.toml', features === null ? kept : `${kept}features = ${features}\n`);
  const program = loadProgram(scratch.root);
  const [tasklet] = program.manifest.tasklets;
  assert.ok(tasklet !== undefined);
  const { output } = await buildTasklet(program, tasklet);
  const wasm = await readFile(output);
  return { program, tasklet, wasm, features: readModule(wasm).features };
}

describe('extensions of WebAssembly that a build uses', () => {
  it('SIMD is on in AssemblyScript, until the manifest switches it off', async () => {
    await using scratch = await scratchProgram('demo.ts', { 'demo.ts': LANES });
    const { wasm, features } = await built(scratch, null);
    assert.ok(features.includes('simd'), features.join());
    assert.equal(runOnHost(wasm, { input: INPUT }).text, SUM);
    assert.deepEqual((await built(scratch, '["simd"]')).features.includes('simd'), true);
    await assert.rejects(built(scratch, '["bulk-memory"]'), (error) => {
      assert.ok(error instanceof BuildFailedError);
      assert.match(error.findings.map(({ message }) => message).join(), /Feature 'simd' is not enabled/);
      return true;
    });
  });

  it('bulk memory is on in AssemblyScript, until the manifest switches it off', async () => {
    await using scratch = await scratchProgram('demo.ts', { 'demo.ts': COPIES });
    const rows = [
      [null, true],
      ['["bulk-memory"]', true],
      ['["simd"]', false],
      ['[]', false],
    ] as const;
    for (const [given, expected] of rows) {
      const { wasm, features } = await built(scratch, given);
      assert.equal(features.includes('bulk-memory'), expected, String(given));
      assert.deepEqual([...runOnHost(wasm, { input: INPUT }).output], [...INPUT]);
    }
  });

  it('another list makes a module stale', async () => {
    await using scratch = await scratchProgram('demo.ts', { 'demo.ts': COPIES });
    const { program, tasklet } = await built(scratch, null);
    assert.equal((await staleness(program, tasklet)).state, 'fresh');
    assert.equal((await staleness(program, { ...tasklet, features: [] })).state, 'stale');
  });

  it('both are on in Rust, until the manifest switches them off', async () => {
    const files = Object.fromEntries(rustTemplate('demo'));
    const source =
      Object.keys(files).find((path) => path.endsWith('/src/lib.rs') && path.startsWith('tasklets/')) ?? '';
    const workspace = (files['Cargo.toml'] ?? '').replace('opt-level = "s"', 'opt-level = 3');
    const text = `pub fn compute(input: &[u8]) -> Result<String, &'static str> {
    let copy = input.to_vec();
    let sum: u32 = copy.iter().map(|byte| u32::from(*byte)).sum();
    Ok(format!("{}", sum))
}

grafos::tasklet!(compute);
`;
    const folder = source.replace('/src/lib.rs', '');
    await using scratch = await scratchProgram(folder, { ...files, 'Cargo.toml': workspace, [source]: text });
    const manifest = `[program]\nname = "demo"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "demo"\nsource = "${folder}"\n`;
    await scratch.write('grafos.toml', manifest);
    const on = await built(scratch, null);
    assert.ok(on.features.includes('simd') && on.features.includes('bulk-memory'), on.features.join());
    const off = await built(scratch, '[]');
    assert.ok(!off.features.includes('simd'), off.features.join());
    for (const { wasm } of [on, off]) assert.equal(runOnHost(wasm, { input: INPUT }).text, SUM);
  });
});
