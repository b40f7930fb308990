import assert from 'node:assert/strict';
import { meter } from '../../../../wasm/meter/meter.ts';
import type { MeteredModule } from '../../../../wasm/meter/meteredModule.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { bodyOffsets, MeteredBody, originalFunction } from '../../../../wasm/settle/meteredBody.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';
import { meteredPrograms } from '../../../helpers/meteredPrograms.ts';

/** Locals that the meter adds at most. */
const ADDED = 4;
const FREE: ReadonlySet<number> = new Set([Op.block, Op.loop, Op.else, Op.end]);
/** A return of a function that became two is a branch, and a call goes to the inner function. */
const CHANGED: ReadonlySet<number> = new Set([Op.return, Op.br, Op.brIf, Op.brTable]);

/** A walk through each metered body that has code of the original, with the original's number. */
function walks(metered: MeteredModule): Array<{ body: number; walk: MeteredBody }> {
  const handingOver = new Set(metered.inner);
  return functionBodies(metered.bytes, ADDED).flatMap(({ start, end }, at) => {
    const index = metered.importedFunctions + at;
    if (index === metered.interruptFunction || handingOver.has(index)) return [];
    const walk = new MeteredBody(metered, index, bodyOffsets(metered.bytes, start, end));
    return [{ body: originalFunction(metered, index) - metered.importedFunctions, walk }];
  });
}

describe('MeteredBody', () => {
  for (const [what, bytes] of meteredPrograms()) {
    it(`finds each instruction of the original in ${what}`, () => {
      const metered = meter(bytes, { memoryMaxPages: 10 });
      const original = functionBodies(bytes);
      for (const { body, walk } of walks(metered)) {
        const { start, instructions } = original[body] as (typeof original)[number];
        const missing = new Map(
          instructions.filter((at) => !FREE.has(bytes[at] as number)).map((at) => [at - start, bytes[at] as number]),
        );
        const opcodes = new Map(instructions.map((at) => [at - start, bytes[at] as number]));
        let after = walk.body.first;
        while (walk.step()) {
          assert.equal(walk.at, after, 'no byte is left out');
          after = walk.next;
          const { bodyOffset, insertion, opcode } = walk;
          if (insertion !== null) {
            if (insertion.replaced > 0) {
              assert.equal(opcodes.get(bodyOffset), Op.brIf);
              missing.delete(bodyOffset);
            }
            continue;
          }
          const was = opcodes.get(bodyOffset);
          assert.ok(was === opcode || CHANGED.has(was ?? -1), `${bodyOffset}: ${was} is ${opcode}`);
          missing.delete(bodyOffset);
        }
        assert.equal(after, walk.body.end);
        assert.deepEqual([...missing], []);
      }
    });
  }

  it('walks through the code of a small loop once for each iteration, at the same offsets', () => {
    const bytes = compileWat(
      '(module (func (param i32) loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end))',
    );
    const [first] = walks(meter(bytes, { memoryMaxPages: 1 }));
    const seen: number[] = [];
    while (first?.walk.step()) {
      if (first.walk.insertion === null && first.walk.opcode === Op.i32Const) seen.push(first.walk.bodyOffset);
    }
    // The count of locals is one byte, `loop` two, `local.get` two.
    assert.deepEqual(seen, [5, 5, 5, 5]);
  });

  it('says of an inner function which one it was made of', () => {
    const bytes = compileWat('(module (import "h" "f" (func)) (func $g (param i32)) (func i32.const 1 call $g))');
    const metered = meter(bytes, { memoryMaxPages: 1 });
    assert.deepEqual(metered.inner, [1]);
    assert.equal(originalFunction(metered, metered.interruptFunction + 1), 1);
    assert.equal(originalFunction(metered, 2), 2);
  });
});
