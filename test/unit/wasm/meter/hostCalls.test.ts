import assert from 'node:assert/strict';
import { compileWat } from '../../../helpers/compileWat.ts';
import { instantiateMetered } from '../../../helpers/runMetered.ts';

describe('meter: host functions', () => {
  const wat = (call: string, more = '') => `(module (import "h" "f" (func $h (param i32))) ${more} (memory 1)
      (func (export "f") (param i32) nop i32.const 1 ${call} nop i32.const 2 ${call} nop))`;
  const calls: Array<[what: string, wat: string]> = [
    ['a call', wat('call $h')],
    ['an indirect call', wat('i32.const 0 call_indirect (param i32)', '(table funcref (elem $h))')],
  ];
  for (const [what, text] of calls) {
    it(`see exact fuel, and are not entered beyond the budget, by ${what}`, () => {
      const seen: Array<[number, number]> = [];
      const instance = instantiateMetered(compileWat(text), {
        h: { f: (x: number) => seen.push([x, instance.used()]) },
      });
      const first = what === 'a call' ? 3 : 4;
      const second = first + first;
      const total = second + 1;
      for (let budget = 0; budget <= total; budget++) {
        seen.length = 0;
        const outcome = instance.call('f', [0], budget);
        assert.equal(outcome.exhausted, budget < total);
        assert.equal(outcome.fuelUsed, budget);
        const expected = [...(budget >= first ? [[1, first]] : []), ...(budget >= second ? [[2, second]] : [])];
        assert.deepEqual(seen, expected, `budget ${budget}`);
      }
    });
  }

  it('that throw end the run with what was executed', () => {
    const instance = instantiateMetered(compileWat(calls[0]?.[1] as string), {
      h: {
        f: () => {
          throw new Error('refused');
        },
      },
    });
    const outcome = instance.call('f', [0]);
    assert.deepEqual([outcome.trap, outcome.fuelUsed, outcome.exhausted], ['refused', 3, false]);
  });

  it('reached by a tail call are paid for first', () => {
    let entered = 0;
    const instance = instantiateMetered(
      compileWat('(module (import "h" "f" (func $h)) (func (export "f") nop return_call $h))'),
      { h: { f: () => entered++ } },
    );
    assert.equal(instance.call('f', [], 1).exhausted, true);
    assert.equal(entered, 0);
    assert.equal(instance.call('f', [], 2).exhausted, false);
    assert.equal(entered, 1);
  });
});
