import assert from 'node:assert/strict';
import { meter } from '../../../../wasm/meter/meter.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { skipImmediates } from '../../../../wasm/read/skipImmediates.ts';
import { InsertedCode } from '../../../../wasm/settle/insertedCode.ts';
import { bodyOffsets } from '../../../../wasm/settle/meteredBody.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';

interface Sorted {
  /** Opcodes of the original's instructions. */
  own: number[];
  /** Instructions that each insertion charges for, where it does. */
  charges: number[];
  /** Bytes of all insertions. */
  inserted: number;
  addedLocals: number;
  /** Bytes by which calls grew. */
  grown: number;
}

/** Sorts a metered body into what was there and what was put in. */
function sort(wat: string, at: (metered: ReturnType<typeof meter>) => number): Sorted {
  const metered = meter(compileWat(wat), { memoryMaxPages: 4 });
  const { bytes, importedFunctions } = metered;
  const index = at(metered);
  const { start, end } = functionBodies(bytes, 4)[index - importedFunctions] as ReturnType<
    typeof functionBodies
  >[number];
  const body = bodyOffsets(bytes, start, end);
  const code = new InsertedCode(metered, index, body);
  const sorted: Sorted = { own: [], charges: [], inserted: 0, addedLocals: code.addedLocals, grown: 0 };
  for (let offset = body.first; offset < end; ) {
    const insertion = code.at(offset);
    const next = insertion?.next ?? skipImmediates(bytes, bytes[offset] as number, offset + 1, end);
    if (insertion === null) {
      sorted.own.push(bytes[offset] as number);
      sorted.grown += code.grown(offset);
    } else {
      sorted.inserted += next - offset;
      if (insertion.charge !== 0) sorted.charges.push(insertion.charge);
    }
    offset = next;
  }
  return sorted;
}

const I32_ADD = 0x6a;

describe('InsertedCode', () => {
  it('finds one charge in front of straight code, and no local', () => {
    const { own, charges, addedLocals } = sort(
      '(module (func (export "f") (param i32) (result i32) local.get 0 i32.const 1 i32.add))',
      () => 0,
    );
    assert.deepEqual(own, [Op.localGet, Op.i32Const, I32_ADD, Op.end]);
    assert.deepEqual(charges, [3]);
    assert.equal(addedLocals, 0);
  });

  it('takes no code of the module for an insertion, also where it looks alike', () => {
    // The module has a global and a local of its own, used as the meter uses its own.
    const { own, charges } = sort(
      `(module (import "h" "g" (func)) (global $g (mut i64) (i64.const 0))
        (func (export "f") (local i64)
          global.get $g i64.const 65536 i64.sub local.tee 0 global.set $g
          local.get 0 i64.const 0 i64.lt_s if unreachable end call 0))`,
      () => 1,
    );
    assert.deepEqual(own, [
      Op.globalGet,
      Op.i64Const,
      Op.i64Sub,
      Op.localTee,
      Op.globalSet,
      Op.localGet,
      Op.i64Const,
      Op.i64LtS,
      Op.if,
      Op.unreachable,
      Op.end,
      Op.call,
      Op.end,
    ]);
    assert.equal(
      charges.reduce((sum, one) => sum + one, 0),
      11,
    );
  });

  it('sums to the cost of code without branches, in an inner function and in its caller', () => {
    const wat = `(module (func $g (param i32) (result i32) local.get 0 i32.const 2 i32.add)
      (func (export "f") (result i32) i32.const 1 call $g call $g))`;
    const inner = sort(wat, ({ interruptFunction }) => interruptFunction + 1);
    const caller = sort(wat, () => 1);
    const total = ({ charges }: Sorted) => charges.reduce((sum, one) => sum + one, 0);
    assert.deepEqual([total(inner), total(caller)], [3, 3]);
    assert.deepEqual(caller.own, [Op.i32Const, Op.call, Op.call, Op.end]);
  });

  for (const [locals, added] of [
    ['', 2],
    ['(local i32)', 2],
    // The 128th group makes the number of groups a byte longer.
    ['(local i32) (local i64) '.repeat(63), 2],
    [`${'(local i32) (local i64) '.repeat(63)} (local i32)`, 3],
  ] as const) {
    it(`finds ${added} bytes of locals beside ${locals.split('(').length - 1} groups of the original`, () => {
      const { addedLocals } = sort(`(module (import "h" "g" (func)) (func (export "f") ${locals} call 0))`, () => 1);
      assert.equal(addedLocals, added);
    });
  }

  it('counts the groups for canonical NaNs among the added bytes', () => {
    const body = 'local.get 0 local.get 0 f32.add i32.reinterpret_f32 drop call 0';
    const scalar = sort(`(module (import "h" "g" (func)) (func (export "f") (param f32) ${body}))`, () => 1);
    assert.equal(scalar.addedLocals, 2 + 4);
    const vector = sort(
      `(module (import "h" "g" (func)) (func (export "f") (param v128)
        local.get 0 local.get 0 f32x4.add i32x4.extract_lane 0 drop call 0))`,
      () => 1,
    );
    assert.equal(vector.addedLocals, 2 + 6);
  });

  it('knows by how much a call grew that goes to an inner function of a longer index', () => {
    // 127 is one byte, and its inner function's index two.
    const fill = '(func (param i64)) '.repeat(127);
    const { grown } = sort(`(module ${fill} (func $g (param i32)) (func (export "f") i32.const 1 call $g))`, () => 128);
    assert.equal(grown, 1);
  });
});
