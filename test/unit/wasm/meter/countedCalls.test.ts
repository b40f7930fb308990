import assert from 'node:assert/strict';
import { type CountedProgram, functionF, itIsCounted } from '../../../helpers/countedProgram.ts';
import { PLENTY } from '../../../helpers/runMetered.ts';

// A function that is called becomes two: the outer one has the name, the inner one the code.
const ROWS: CountedProgram[] = [
  {
    what: 'mutual recursion',
    // Each call: get, eqz, if, get, const, sub, call; the last: get, eqz, if, const.
    wat: functionF(
      '(param i32) (result i32)',
      'local.get 0 call $even',
      `(func $even (param i32) (result i32) local.get 0 i32.eqz if (result i32) i32.const 1 else local.get 0 i32.const 1 i32.sub call $odd end)
       (func $odd (param i32) (result i32) local.get 0 i32.eqz if (result i32) i32.const 0 else local.get 0 i32.const 1 i32.sub call $even end)`,
    ),
    args: [7],
    fuel: 2 + 7 * 7 + 4,
    result: 0,
  },
  {
    what: 'calls in a loop, in one that is called',
    // $sum: 5 rounds of get, get, call, 3 inside, add, set, get, const, sub, tee, br_if; then get.
    wat: functionF(
      '(result i32)',
      'i32.const 5 call $sum i32.const 4 call $sum i32.add',
      `(func $square (param i32) (result i32) local.get 0 local.get 0 i32.mul)
       (func $sum (param i32) (result i32) (local i64 i32) loop local.get 2 local.get 0 call $square i32.add local.set 2
         local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 2)`,
    ),
    fuel: 5 + (5 * 13 + 1) + (4 * 13 + 1),
    result: 55 + 30,
  },
  {
    what: 'several results of what is called',
    wat: functionF(
      '(result i64)',
      'i32.const 1 call $two local.set 0 drop i32.const 0 call $two local.get 0 i64.add local.set 0 drop local.get 0',
      `(func $two (param i32) (result i32 i64) local.get 0 if i32.const 1 i64.const 2 return end i32.const 3 i64.const 4)`,
    ).replace('(result i64)', '(result i64) (local i64)'),
    fuel: 10 + 5 + 4 + 1,
    result: 6n,
  },
  {
    what: 'results of a call that a branch takes out of the function',
    wat: functionF(
      '(result i32)',
      'i32.const 5 call $g i32.const 6 call $g i32.sub',
      `(func $id (param i32) (result i32) local.get 0)
       (func $g (param i32) (result i32) block local.get 0 call $id local.get 0 call $id i32.const 5 i32.eq br_if 1 call $id br 1 end i32.const 9)`,
    ),
    // $g: get, call, 1, get, call, 1, const, eq, br_if; with 6 then call, 1, br.
    fuel: 5 + 9 + 12,
    result: -1,
  },
  {
    what: 'a branch out of a loop and the function that is called',
    // $down: get, eqz, br_if, get, const, sub, set, call, br a round; then get, eqz, br_if.
    wat: functionF(
      '',
      'i32.const 3 call $down i32.const 0 call $down',
      '(func $nop) (func $down (param i32) loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 call $nop br 0 end)',
    ),
    fuel: 4 + (3 * 9 + 3) + 3,
  },
  {
    what: 'a br_table out of what is called',
    wat: functionF(
      '(result i32)',
      'i32.const 0 call $g i32.const 1 call $g i32.add',
      '(func $g (param i32) (result i32) block (result i32) i32.const 7 local.get 0 br_table 0 1 end i32.const 1 i32.add)',
    ),
    fuel: 5 + 5 + 3,
    result: 15,
  },
  {
    what: 'returns and calls in code of what is called that is never reached',
    wat: functionF(
      '(result i32)',
      'call $g',
      '(func $one (result i32) i32.const 1) (func $g (result i32) (local i64) call $one return call $one i64.const 3 local.set 0 return)',
    ),
    fuel: 1 + 2 + 1,
    result: 1,
  },
  {
    what: 'a function that is called directly and through a table',
    wat: functionF(
      '(result i32)',
      'i32.const 20 call $g drop i32.const 1 i32.const 0 call_indirect (param i32) (result i32) call $g',
      '(table funcref (elem $g)) (func $leaf (param i32) (result i32) local.get 0) (func $g (param i32) (result i32) local.get 0 call $leaf i32.const 1 i32.add)',
    ),
    fuel: 7 + 3 * 5,
    result: 3,
  },
  {
    what: 'a tail call beside, of and from what is called',
    wat: functionF(
      '(result i32)',
      'i32.const 2 call $g i32.const 3 call $h i32.add',
      `(func $g (param i32) (result i32) local.get 0 call $leaf return_call $h) (func $leaf (param i32) (result i32) local.get 0)
       (func $h (param i32) (result i32) local.get 0 local.get 0 call $leaf i32.mul)`,
    ),
    fuel: 5 + (3 + 1) + 5 + 5,
    result: 13,
  },
  {
    what: 'NaNs made in what is called, beside its locals',
    wat: functionF(
      '(result i64)',
      'f64.const 0 call $g i64.const 0x7ff8000000000000 i64.sub',
      `(func $g (param f64) (result i64) (local i64 f64 f64) i64.const 1 local.set 1 local.get 0 local.get 2 f64.div local.tee 3
         i64.reinterpret_f64 local.get 1 i64.mul local.get 3 drop)`,
    ),
    fuel: 4 + 11,
    result: 0n,
  },
  {
    what: 'growth and bulk instructions in a loop of what is called',
    wat: functionF(
      '(result i32)',
      'i32.const 2 call $g memory.size',
      `(memory 1) (func $g (param i32) (local i64) loop i64.const 5 local.set 1 i32.const 0 i32.const 7 i32.const 9 memory.fill
         i32.const 1 memory.grow drop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end)`,
    ),
    fuel: 3 + 2 * 14,
    result: 3,
  },
  {
    what: 'a trap after calls, in a loop of what is called',
    // Two rounds of call, const, get, div, drop, get, const, sub, set, br; then call, const, get,
    // div.
    wat: functionF(
      '',
      'nop i32.const 2 call $g nop',
      `(func $leaf nop) (func $g (param i32) loop call $leaf i32.const 1 local.get 0 i32.div_s drop local.get 0 i32.const 1 i32.sub local.set 0 br 0 end)`,
    ),
    fuel: 3 + 2 * 11 + 5,
    trap: /divide by zero/,
  },
  ...[127, 128].map((locals) => ({
    what: `what is called with ${locals} locals`,
    wat: functionF(
      '(result i64)',
      'i64.const 9 call $g',
      `(func $leaf (param i64) (result i64) local.get 0) (func $g (param i64) (result i64) (local ${'i64 '.repeat(locals - 1)})
         local.get 0 local.set ${locals - 1} local.get ${locals - 1} call $leaf local.tee 1 local.get 126 i64.add)`,
    ),
    fuel: 2 + 7 + 1,
    result: locals === 127 ? 18n : 9n,
  })),
];

describe('meter: calls counted by hand', () => {
  for (const row of ROWS) itIsCounted(row);

  it('leaves plenty of fuel for these tests', () => assert.ok(ROWS.every((row) => row.fuel < PLENTY)));
});
