import assert from 'node:assert/strict';
import { COUNTING, countInstructions } from '../../../../wasm/count/countInstructions.ts';
import { meter } from '../../../../wasm/meter/meter.ts';
import { BinaryReader } from '../../../../wasm/read/binaryReader.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { SECTION } from '../../../../wasm/read/section.ts';
import { skipImmediates } from '../../../../wasm/read/skipImmediates.ts';
import { skipLocals } from '../../../../wasm/read/skipLocals.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { generateProgram } from '../../../helpers/generateProgram.ts';

const FREE: ReadonlySet<number> = new Set([Op.block, Op.loop, Op.else, Op.end]);

/** Body offsets and opcodes of the instructions that cost fuel, for each function. */
function costly(bytes: Uint8Array): Array<Map<number, number>> {
  const code = readModule(bytes).sections.find(({ id }) => id === SECTION.code);
  if (code === undefined) return [];
  const reader = new BinaryReader(bytes, code.offset);
  return Array.from({ length: reader.u32() }, () => {
    const size = reader.u32();
    const [start, end] = [reader.pos, reader.pos + size];
    const found = new Map<number, number>();
    for (
      let at = skipLocals(bytes, start, end);
      at < end;
      at = skipImmediates(bytes, bytes[at] as number, at + 1, end)
    ) {
      if (!FREE.has(bytes[at] as number)) found.set(at - start, bytes[at] as number);
    }
    reader.pos = end;
    return found;
  });
}

function compare(bytes: Uint8Array) {
  const metered = meter(bytes, { memoryMaxPages: 10 });
  const counting = countInstructions(metered);
  assert.equal(WebAssembly.validate(Uint8Array.from(counting.bytes)), true);
  const expected = costly(bytes);
  assert.equal(counting.functions.length, expected.length);
  for (const [index, { at, bodyOffset, length, stretch }] of counting.functions.entries()) {
    const own = expected[index] as Map<number, number>;
    assert.deepEqual(
      [...new Set(bodyOffset)].sort((a, b) => a - b),
      [...own.keys()],
      `function ${index}`,
    );
    for (const [place, offset] of at.entries()) {
      const opcode = counting.bytes[offset];
      // A call may go to another function, and a return of a function that became two is a branch.
      const was = own.get(bodyOffset[place] as number);
      if (opcode !== was)
        assert.ok(
          was === Op.return || was === Op.br || was === Op.brIf || was === Op.brTable,
          `${index} ${offset}: ${was} ${opcode}`,
        );
      assert.ok((length[place] as number) > 0);
      assert.ok((stretch[place] as number) < counting.stretches);
    }
  }
  return counting;
}

describe('a module that counts its instructions', () => {
  it('has each instruction that costs fuel, of each function, at its place', () => {
    compare(
      compileWat(`(module (import "h" "f" (func $h (param i32))) (memory 1)
        (func $leaf (param i32) (result i32) local.get 0 i32.const 3 i32.div_s)
        (func $many (export "f") (param i32) (local i32 f64)
          block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end
          local.get 0 if i32.const 1 call $h else nop nop end
          local.get 0 call $leaf call $leaf drop i32.const 0 i32.load drop))`),
    );
  });

  it('is valid and whole for generated programs', () => {
    for (const seed of [1, 2, 3]) {
      compare(compileWat(generateProgram(Array.from({ length: 150 }, (_, at) => (at * at * 104_729 * seed) % 10_007))));
    }
  });

  it('has its counters beside what the module has, with the indices of the module as they were', () => {
    const bytes = compileWat(`(module (table 2 funcref) (memory (export "memory") 1)
      (global (export "g") (mut i32) (i32.const 7)) (func (export "f") nop))`);
    const counting = compare(bytes);
    // The counters are a second memory, which our own reader refuses.
    const exported = WebAssembly.Module.exports(new WebAssembly.Module(Uint8Array.from(counting.bytes)));
    const kinds = Object.fromEntries(exported.map(({ name, kind }) => [name, kind]));
    const { counts, left, short, hooks } = COUNTING;
    assert.deepEqual(
      [counts, left, short, hooks, 'memory', 'g', 'f'].map((name) => kinds[name]),
      ['memory', 'global', 'global', 'table', 'memory', 'global', 'function'],
    );
  });

  it('has stretches of instructions that are executed together, divided where control can leave', () => {
    const stretches = (body: string) =>
      compare(compileWat(`(module (func (export "f") (param i32) ${body}))`)).stretches;
    assert.equal(stretches('nop nop nop'), 1);
    assert.equal(stretches('nop block nop end nop'), 2);
    assert.equal(stretches('local.get 0 if nop else nop end nop'), 4);
    assert.equal(stretches(''), 0);
  });

  it('is made of a module without functions', () => {
    const counting = compare(compileWat('(module)'));
    assert.deepEqual([counting.stretches, counting.functions], [0, []]);
  });
});
