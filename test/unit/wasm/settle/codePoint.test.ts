import assert from 'node:assert/strict';
import { meter } from '../../../../wasm/meter/meter.ts';
import type { MeteredModule } from '../../../../wasm/meter/meteredModule.ts';
import { BinaryReader } from '../../../../wasm/read/binaryReader.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { SECTION } from '../../../../wasm/read/section.ts';
import { codePoint } from '../../../../wasm/settle/codePoint.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { generateProgram } from '../../../helpers/generateProgram.ts';

const meterWat = (wat: string) => {
  const bytes = compileWat(wat);
  return { bytes, metered: meter(bytes, { memoryMaxPages: 10 }) };
};

/** Offset and end of each body in a code section. */
function bodies(bytes: Uint8Array, offset: number): Array<{ start: number; end: number }> {
  const reader = new BinaryReader(bytes, offset);
  return Array.from({ length: reader.u32() }, () => {
    const size = reader.u32();
    const start = reader.pos;
    reader.skip(size);
    return { start, end: start + size };
  });
}
const originalBodies = (bytes: Uint8Array) =>
  bodies(bytes, readModule(bytes).sections.find(({ id }) => id === SECTION.code)?.offset ?? 0);

/** Looks at every offset of a metered module, and compares opcodes with those of the original. */
function compareAll(bytes: Uint8Array, metered: MeteredModule) {
  const originals = originalBodies(bytes);
  let compared = 0;
  for (const [at, { start, end }] of bodies(metered.bytes, metered.codeOffset).entries()) {
    const functionIndex = metered.importedFunctions + at;
    if (functionIndex === metered.interruptFunction || metered.inner.includes(functionIndex)) continue;
    let before = '';
    for (let offset = start; offset < end; offset++) {
      const point = codePoint(metered, { functionIndex, offset });
      assert.ok(point !== null);
      assert.equal(point.bodyBytes, end - start);
      assert.ok(point.refund >= 0);
      const original = originals[point.functionIndex - metered.importedFunctions];
      assert.ok(original !== undefined);
      const here = `${point.bodyOffset} ${point.own}`;
      if (here === before || point.own || point.bodyOffset === 0) {
        before = here;
        continue;
      }
      before = here;
      compared++;
      const [was, is] = [bytes[original.start + point.bodyOffset], metered.bytes[offset]];
      // A return of a function that became two leaves by a branch.
      if (was !== is)
        assert.ok(
          was === Op.return || was === Op.br || was === Op.brIf || was === Op.brTable,
          `${functionIndex} ${offset}: ${was} ${is}`,
        );
    }
  }
  return compared;
}

describe('a place in a metered module', () => {
  it('is the place of the same instruction in the original, for every offset', () => {
    const { bytes, metered } = meterWat(`(module (import "h" "f" (func $h (param i32))) (memory 1)
      (func $leaf (param i32) (result i32) local.get 0 i32.const 3 i32.div_s)
      (func (export "f") (param i32) (local i32)
        block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end
        local.get 0 if i32.const 1 call $h else nop nop end
        local.get 0 call $leaf call $leaf drop i32.const 0 i32.load drop))`);
    assert.ok(compareAll(bytes, metered) > 25);
  });

  it('is the same for generated programs', () => {
    for (const seed of [1, 2, 3]) {
      const bytes = compileWat(
        generateProgram(Array.from({ length: 150 }, (_, at) => (at * at * 7919 * seed) % 10_007)),
      );
      assert.ok(compareAll(bytes, meter(bytes, { memoryMaxPages: 10 })) > 10);
    }
  });

  it('is none outside of the functions of the module', () => {
    const { metered } = meterWat('(module (import "h" "f" (func)) (func (export "f") nop))');
    const [body] = bodies(metered.bytes, metered.codeOffset);
    assert.ok(body);
    for (const [functionIndex, offset] of [
      [0, body.start],
      [1, body.start - 1],
      [1, body.end],
      [3, body.start],
      [1_000_000, body.start],
    ] as const) {
      assert.equal(codePoint(metered, { functionIndex, offset }), null, `${functionIndex} ${offset}`);
    }
    assert.ok(codePoint(metered, { functionIndex: 1, offset: body.start }));
    const { metered: empty } = meterWat('(module)');
    assert.equal(codePoint(empty, { functionIndex: 0, offset: 8 }), null);
  });

  it('refunds what was charged for and not executed', () => {
    const { bytes, metered } = meterWat('(module (func (export "f") nop nop unreachable nop nop))');
    const [original] = originalBodies(bytes);
    const [body] = bodies(metered.bytes, metered.codeOffset);
    assert.ok(original && body);
    const refunds = new Map<number, number>();
    for (let offset = body.start; offset < body.end; offset++) {
      const point = codePoint(metered, { functionIndex: 0, offset });
      if (point !== null && !point.own && point.bodyOffset > 0) refunds.set(point.bodyOffset, point.refund);
    }
    // The locals' count is the first byte. What comes after `unreachable` is never charged.
    assert.deepEqual(
      [1, 2, 3].map((at) => refunds.get(at)),
      [2, 1, 0],
    );
  });

  it('of a function that hands over is that function, without a place in it', () => {
    const { metered } = meterWat(
      '(module (func $g (param i32) (result i32) local.get 0 call $h) (func $h (param i32) (result i32) local.get 0) (func (export "f") i32.const 1 call $g drop))',
    );
    const [outer] = metered.inner;
    assert.ok(outer !== undefined);
    const body = bodies(metered.bytes, metered.codeOffset)[outer];
    assert.ok(body);
    assert.deepEqual(codePoint(metered, { functionIndex: outer, offset: body.end - 2 }), {
      functionIndex: outer,
      bodyOffset: 0,
      refund: 0,
      own: false,
      bodyBytes: body.end - body.start,
    });
  });
});
