import assert from 'node:assert/strict';
import { meter } from '../../../../wasm/meter/meter.ts';
import { Op } from '../../../../wasm/read/opcodes.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { functionBodies } from '../../../helpers/functionBodies.ts';
import { instantiateMetered } from '../../../helpers/runMetered.ts';

const DOWN = 'local.get 0 i32.const 1 i32.sub';

/** Small loops that are left in each of the ways there are. */
const LOOPS: Record<string, { body: string; cost(turns: number): number }> = {
  'left at its end': {
    body: `loop ${DOWN} local.tee 0 br_if 0 end`,
    cost: (turns) => 5 * turns,
  },
  'left from within': {
    body: `block loop local.get 0 i32.eqz br_if 1 ${DOWN} local.set 0 br 0 end end`,
    cost: (turns) => 8 * (turns - 1) + 3,
  },
  'left by an if around its way back': {
    body: `loop ${DOWN} local.tee 0 if br 1 end end`,
    cost: (turns) => 6 * turns - 1,
  },
};

const wat = (body: string) => `(module (func (export "f") (param i32) (result i32) ${body} local.get 0))`;

describe('unrollLoop', () => {
  for (const [what, { body }] of Object.entries(LOOPS)) {
    it(`writes a loop ${what} four times, with one check and one charge`, () => {
      const { bytes } = meter(compileWat(wat(body)), { memoryMaxPages: 1 });
      const [place] = functionBodies(bytes, 4);
      const opcodes = place?.instructions.map((at) => bytes[at] as number) ?? [];
      assert.equal(opcodes.filter((opcode) => opcode === 0x6b).length, 4, 'i32.sub');
      assert.equal(opcodes.filter((opcode) => opcode === Op.i64LtS).length, 1, 'a check');
      assert.equal(opcodes.filter((opcode) => opcode === Op.loop).length, 1);
    });
  }

  for (const [what, { body, cost }] of Object.entries(LOOPS)) {
    // One iteration to nine: all places of an exit among four copies, in each of three rounds.
    for (let turns = 1; turns <= 9; turns++) {
      it(`costs what it executes, ${what}, after ${turns} iterations`, () => {
        const start = what === 'left from within' ? turns - 1 : turns;
        const { result, fuelUsed } = instantiateMetered(compileWat(wat(body))).call('f', [start]);
        // One more for the `local.get` after the loop.
        assert.deepEqual([result, fuelUsed], [0, cost(turns) + 1]);
      });
    }

    it(`ends where the fuel ends, ${what}`, () => {
      const instance = instantiateMetered(compileWat(wat(body)));
      for (let budget = 0; budget < 40; budget++) {
        const { fuelUsed, exhausted } = instance.call('f', [1_000], budget);
        assert.deepEqual([fuelUsed, exhausted], [budget, true]);
      }
    });
  }
});
