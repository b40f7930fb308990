import assert from 'node:assert/strict';
import { meter } from '../../../../wasm/meter/meter.ts';
import { MODULE_LIMITS } from '../../../../wasm/read/moduleLimits.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { WasmInvalidError } from '../../../../wasm/read/wasmInvalid.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';
import { instantiateMetered } from '../../../helpers/runMetered.ts';

/** Opcodes of a function of a metered module, and the bytes of its locals. */
function metered(wat: string, body: number, options: { touched?: number[]; apart?: number[] } = {}) {
  const { bytes } = meter(compileWat(wat), { memoryMaxPages: 1, ...options });
  const place = functionBodies(bytes, 4)[body];
  assert.ok(place);
  return {
    opcodes: place.instructions.map((at) => bytes[at] as number),
    locals: [...bytes.subarray(place.start, place.first)],
    size: place.end - place.start,
  };
}

const straight = (cost: number, more = '') => `(module (func (export "f") ${more} ${'nop '.repeat(cost)}))`;
const NO_LOCALS = [0];

describe('BodyMeter', () => {
  it('charges straight code in the global, without a local or a check', () => {
    const { opcodes, locals } = metered(straight(64), 0);
    assert.deepEqual(locals, NO_LOCALS);
    assert.deepEqual(opcodes.slice(0, 4), [Op.globalGet, Op.i64Const, Op.i64Sub, Op.globalSet]);
    assert.deepEqual(opcodes.slice(4), [...new Array(64).fill(Op.nop), Op.end]);
  });

  it('checks it when it costs more than may run unchecked', () => {
    const { opcodes, locals } = metered(straight(65), 0);
    assert.deepEqual(locals, NO_LOCALS);
    assert.deepEqual(opcodes.slice(0, 6), [Op.globalGet, Op.i64Const, Op.i64LtS, Op.if, Op.unreachable, Op.end]);
  });

  it('charges nothing for code that costs nothing', () =>
    assert.deepEqual(metered('(module (func))', 0).opcodes, [Op.end]));

  it('checks the depth of a frame of many locals, though it is straight', () => {
    const { opcodes } = metered(straight(1, '(local i64) '.repeat(1_200)), 0);
    assert.deepEqual(opcodes.slice(0, 4), [Op.globalGet, Op.i64Const, Op.i64And, Op.i64Const]);
  });

  it('checks the entry of a function that must trap while the balance is negative', () => {
    const { locals } = metered(straight(3), 0, { touched: [0] });
    assert.deepEqual(locals, [1, 1, 0x7e], 'it has a local for the balance');
  });

  it('makes a function too long to be inlined where it must stay apart', () => {
    const { size } = metered(straight(3), 0, { apart: [0] });
    assert.ok(size > metered(straight(3), 0).size + 400, `${size} bytes`);
    // The same answer, and the same fuel.
    const wat = '(module (func (export "f") (param i32) (result i32) local.get 0 i32.const 1 i32.add))';
    for (const apart of [[], [0]]) {
      const { result, fuelUsed } = instantiateMetered(compileWat(wat), {}, 1, apart).call('f', [4]);
      assert.deepEqual([result, fuelUsed], [5, 3]);
    }
  });

  it('makes NaNs canonical also in straight code', () => {
    const wat = `(module (func (export "f") (param f32) (result i32)
      local.get 0 local.get 0 f32.add i32.reinterpret_f32))`;
    const { locals } = metered(wat, 0);
    assert.deepEqual(locals, [3, 1, 0x7e, 1, 0x7d, 1, 0x7c], 'the balance, an f32, an f64');
    assert.equal(instantiateMetered(compileWat(wat)).call('f', [Number.NaN]).result, 0x7fc0_0000);
  });

  it('refuses a body that is too long once it is metered', () => {
    // Each call takes two bytes, and some ten more once it is metered.
    const calls = 900_000;
    const body = [0, ...new Array(calls).fill([Op.call, 0]).flat(), Op.end];
    const size = [(body.length & 0x7f) | 0x80, ((body.length >> 7) & 0x7f) | 0x80, body.length >> 14];
    const section = [1, ...size, ...body];
    const bytes = Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x68, 1, 0x66, 0, 0, 3, 2, 1, 0],
      ...[10, (section.length & 0x7f) | 0x80, ((section.length >> 7) & 0x7f) | 0x80, section.length >> 14],
      ...section,
    ]);
    assert.ok(body.length < MODULE_LIMITS.functionBody);
    assert.throws(
      () => meter(bytes, { memoryMaxPages: 1 }),
      (error) =>
        error instanceof WasmInvalidError && error.reason === 'limit' && /once it is metered/.test(error.message),
    );
  });
});
