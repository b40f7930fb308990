import assert from 'node:assert/strict';
import { BodyCounter } from '../../../../wasm/count/bodyCounter.ts';
import { CountingCode } from '../../../../wasm/count/countingCode.ts';
import { meter } from '../../../../wasm/meter/meter.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';

const INDICES = { hookType: 5, hookTable: 1, counters: 1, left: 3 };
const FIRST_STRETCH = 7;

/** For each stretch, the opcodes of the instructions that its counter counts. */
function stretches(body: string): { opcodes: number[][]; next: number } {
  const metered = meter(
    compileWat(`(module (import "h" "host" (func)) (memory 1) (func (export "f") (param i32) ${body}))`),
    {
      memoryMaxPages: 4,
    },
  );
  const place = functionBodies(metered.bytes, 4)[0];
  assert.ok(place);
  const counter = new BodyCounter(metered, 1, new CountingCode(INDICES), place, FIRST_STRETCH);
  const next = counter.count();
  const { at, stretch, length } = counter.counted(0);
  const opcodes: number[][] = [];
  for (const [i, offset] of at.entries()) {
    const number = (stretch[i] as number) - FIRST_STRETCH;
    opcodes[number] ??= [];
    opcodes[number].push(counter.out.bytes[offset] as number);
    assert.ok((length[i] as number) > 0);
  }
  return { opcodes, next };
}

const { localGet, if: ifOp, nop, call, unreachable, memoryGrow, brIf, i32Const, drop } = Op;

describe('BodyCounter', () => {
  const rows: Array<[what: string, body: string, stretches: number[][]]> = [
    ['straight code is one stretch', 'local.get 0 drop nop', [[localGet, drop, nop]]],
    ['code without an instruction that costs has none', 'block end', []],
    [
      'an if ends a stretch, and so does its end',
      'local.get 0 if nop end nop nop',
      [[localGet, ifOp], [nop], [nop, nop]],
    ],
    ['a block ends none', 'nop block nop end nop', [[nop, nop], [nop]]],
    ['a call of the host ends one', 'nop call 0 nop', [[nop, call], [nop]]],
    ['a trap ends one', 'nop unreachable', [[nop, unreachable]]],
    ['growth of memory ends one', 'i32.const 0 memory.grow drop', [[i32Const, memoryGrow], [drop]]],
    ['a branch ends one', 'block local.get 0 br_if 0 nop end', [[localGet, brIf], [nop]]],
  ];
  for (const [what, body, expected] of rows) {
    it(what, () => {
      const { opcodes, next } = stretches(body);
      assert.deepEqual(opcodes, expected);
      assert.equal(next, FIRST_STRETCH + expected.length);
    });
  }
});
