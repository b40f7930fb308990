import assert from 'node:assert/strict';
import { type CountedProgram, functionF, itIsCounted } from '../../../helpers/countedProgram.ts';
import { PLENTY } from '../../../helpers/runMetered.ts';

const ROWS: CountedProgram[] = [
  { what: 'an empty function', wat: functionF('', ''), fuel: 0 },
  { what: 'nop', wat: functionF('', 'nop nop'), fuel: 2 },
  { what: 'straight code', wat: functionF('(result i32)', 'i32.const 1 i32.const 2 i32.add'), fuel: 3, result: 3 },
  { what: 'an explicit return', wat: functionF('(result i32)', 'i32.const 7 return i32.const 8'), fuel: 2, result: 7 },
  { what: 'blocks, which are free', wat: functionF('', 'block block loop end end end block nop end'), fuel: 1 },
  { what: 'a block left early', wat: functionF('', 'block nop br 0 nop nop end nop'), fuel: 3 },
  {
    what: 'a block no branch names',
    wat: functionF('(result i32)', 'block (result i32) i32.const 1 end i32.const 2 i32.add'),
    fuel: 3,
    result: 3,
  },
  // local.get, br_if; nop; nop
  {
    what: 'br_if taken',
    wat: functionF('(param i32)', 'block local.get 0 br_if 0 nop nop end nop'),
    args: [1],
    fuel: 3,
  },
  {
    what: 'br_if not taken',
    wat: functionF('(param i32)', 'block local.get 0 br_if 0 nop nop end nop'),
    args: [0],
    fuel: 5,
  },
  // local.get, if, then 2, after 1
  {
    what: 'the then arm',
    wat: functionF('(param i32)', 'local.get 0 if nop nop else nop nop nop nop end nop'),
    args: [1],
    fuel: 5,
  },
  {
    what: 'the else arm',
    wat: functionF('(param i32)', 'local.get 0 if nop nop else nop nop nop nop end nop'),
    args: [0],
    fuel: 7,
  },
  {
    what: 'an if without else, not entered',
    wat: functionF('(param i32)', 'local.get 0 if nop nop end'),
    args: [0],
    fuel: 2,
  },
  // Ten times: local.get, const, sub, local.tee, br_if.
  {
    what: 'a loop',
    wat: functionF('(param i32)', 'loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end'),
    args: [10],
    fuel: 50,
  },
  // Each of five rounds: get, eqz, br_if, get, const, sub, set, br; then get, eqz, br_if.
  {
    what: 'a loop with its test in front',
    wat: functionF(
      '(param i32)',
      'block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end',
    ),
    args: [5],
    fuel: 43,
  },
  // Outer 3 rounds: const, set, [inner 2 rounds of 5], get, const, sub, tee, br_if.
  {
    what: 'a loop in a loop',
    wat: functionF(
      '(param i32) (local i32)',
      `loop i32.const 2 local.set 1
         loop local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0 end
         local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end`,
    ),
    args: [3],
    fuel: 3 * (2 + 10 + 5),
  },
  { what: 'a loop that is not repeated', wat: functionF('', 'nop loop nop end nop'), fuel: 3 },
  // get, br_table; then what follows each label.
  ...[
    [0, 2 + 1 + 1 + 1],
    [1, 2 + 1 + 1],
    [2, 2 + 1],
    [9, 2 + 1],
  ].map(([arg, fuel]) => ({
    what: `br_table to ${arg}`,
    wat: functionF('(param i32)', 'block block block local.get 0 br_table 0 1 2 end nop end nop end nop'),
    args: [arg],
    fuel: fuel as number,
  })),
  {
    what: 'multi-value blocks',
    wat: functionF(
      '(result i32)',
      'i32.const 1 i32.const 2 block (param i32 i32) (result i32 i32) i32.add i32.const 5 br 0 end i32.sub',
    ),
    fuel: 6,
    result: -2,
  },
  {
    what: 'a branch to the function itself',
    wat: functionF('(param i32) (result i32)', 'i32.const 3 local.get 0 br_if 0 drop i32.const 4'),
    args: [0],
    fuel: 5,
    result: 4,
  },
  {
    what: 'a branch to the function itself, taken',
    wat: functionF('(param i32) (result i32)', 'i32.const 3 local.get 0 br_if 0 drop i32.const 4'),
    args: [1],
    fuel: 3,
    result: 3,
  },
  {
    what: 'a br_table to the function itself',
    wat: functionF('(param i32)', 'block local.get 0 br_table 0 1 end nop'),
    args: [1],
    fuel: 2,
  },
  // Caller: const, call, const, add; callee: get, get, mul.
  {
    what: 'a call',
    wat: functionF(
      '(result i32)',
      'i32.const 3 call $square i32.const 1 i32.add',
      '(func $square (param i32) (result i32) local.get 0 local.get 0 i32.mul)',
    ),
    fuel: 7,
    result: 10,
  },
  {
    what: 'recursion',
    // fac(n > 0): get, if, get, get, const, sub, call, mul; fac(0): get, if, const.
    wat: functionF(
      '(param i64) (result i64)',
      'local.get 0 i64.eqz if (result i64) i64.const 1 else local.get 0 local.get 0 i64.const 1 i64.sub call $f i64.mul end',
    ),
    args: [20n],
    fuel: 20 * 9 + 4,
    result: 2432902008176640000n,
  },
  {
    what: 'call_indirect',
    wat: functionF(
      '(result i32)',
      'i32.const 1 call_indirect (type $t)',
      '(type $t (func (result i32))) (table funcref (elem $a $b)) (func $a (type $t) i32.const 10) (func $b (type $t) nop i32.const 20)',
    ),
    fuel: 4,
    result: 20,
  },
  {
    what: 'return_call, a hundred thousand deep',
    // Each round: get, eqz, if, get, const, sub, return_call; the last: get, eqz, if, return.
    wat: functionF('(param i32)', 'local.get 0 i32.eqz if return end local.get 0 i32.const 1 i32.sub return_call $f'),
    args: [100_000],
    fuel: 700_004,
  },
  {
    what: 'return_call_indirect',
    wat: functionF(
      '(result i32)',
      'i32.const 0 return_call_indirect (type $t)',
      '(type $t (func (result i32))) (table funcref (elem $a)) (func $a (type $t) i32.const 9)',
    ),
    fuel: 3,
    result: 9,
  },
  {
    what: 'SIMD',
    wat: functionF('(result i32)', 'v128.const i32x4 1 2 3 4 v128.const i32x4 1 1 1 1 i32x4.add i32x4.extract_lane 3'),
    fuel: 4,
    result: 5,
  },
  {
    what: 'bulk memory',
    wat: functionF(
      '',
      '(memory.fill (i32.const 0) (i32.const 7) (i32.const 9)) (memory.copy (i32.const 20) (i32.const 0) (i32.const 9))',
      '(memory 1)',
    ),
    fuel: 8,
  },
  {
    what: 'saturating conversion and sign extension',
    wat: functionF('(result i32)', 'f32.const 3e9 i32.trunc_sat_f32_s i32.extend8_s'),
    fuel: 3,
    result: -1,
  },
  {
    what: 'references',
    wat: functionF('(result i32)', 'ref.null func ref.is_null ref.func $f drop'),
    fuel: 4,
    result: 1,
  },
  {
    what: 'memory.grow',
    wat: functionF('(result i32)', 'nop i32.const 1 memory.grow nop', '(memory 1)'),
    fuel: 4,
    result: 1,
  },
  {
    what: 'dead code with blocks in it',
    wat: functionF(
      '(result i32)',
      'block (result i32) i32.const 1 return block nop loop nop br 1 end end if nop else nop end i32.const 1 end',
    ),
    fuel: 2,
    result: 1,
  },
  { what: 'an if in dead code', wat: functionF('', 'block br 0 i32.const 1 if nop end nop end nop'), fuel: 2 },
  {
    what: 'a then arm that never ends',
    wat: functionF('(param i32) (result i32)', 'local.get 0 if i32.const 5 return end i32.const 6'),
    args: [0],
    fuel: 3,
    result: 6,
  },
  {
    what: 'both arms that never end',
    wat: functionF(
      '(param i32) (result i32)',
      'local.get 0 if i32.const 5 return else i32.const 6 return end unreachable',
    ),
    args: [0],
    fuel: 4,
    result: 6,
  },
  // Traps: the one that traps was executed, what comes after it was not.
  { what: 'unreachable', wat: functionF('', 'nop nop unreachable nop'), fuel: 3, trap: /unreachable/ },
  {
    what: 'division by zero in mid-region',
    wat: functionF('(param i32)', 'nop i32.const 1 local.get 0 i32.div_s drop nop nop'),
    args: [0],
    fuel: 4,
    trap: /divide by zero/,
  },
  {
    what: 'no division by zero',
    wat: functionF('(param i32)', 'nop i32.const 1 local.get 0 i32.div_s drop nop nop'),
    args: [1],
    fuel: 7,
  },
  {
    what: 'integer overflow',
    wat: functionF('', 'i32.const 0x80000000 i32.const -1 i32.div_s drop nop'),
    fuel: 3,
    trap: /unrepresentable|overflow/,
  },
  {
    what: 'invalid conversion',
    wat: functionF('', 'f32.const nan i32.trunc_f32_s drop'),
    fuel: 2,
    trap: /unrepresentable/,
  },
  {
    what: 'a load out of bounds',
    wat: functionF('(param i32)', 'local.get 0 i32.load drop nop local.get 0 drop', '(memory 1)'),
    args: [-4],
    fuel: 2,
    trap: /out of bounds/,
  },
  {
    what: 'a store out of bounds after one within',
    wat: functionF(
      '',
      '(i32.store (i32.const 0) (i32.const 1)) (i32.store (i32.const 65533) (i32.const 1)) nop',
      '(memory 1)',
    ),
    fuel: 6,
    trap: /out of bounds/,
  },
  {
    what: 'a SIMD load out of bounds',
    wat: functionF('', 'i32.const -1 v128.load drop nop', '(memory 1)'),
    fuel: 2,
    trap: /out of bounds/,
  },
  {
    what: 'memory.fill out of bounds',
    wat: functionF('', 'i32.const 0 i32.const 0 i32.const 65537 memory.fill nop', '(memory 1)'),
    fuel: 4,
    trap: /out of bounds/,
  },
  {
    what: 'table.get out of bounds',
    wat: functionF('', 'nop i32.const 4 table.get 0 drop nop', '(table 4 funcref)'),
    fuel: 3,
    trap: /out of bounds/,
  },
  {
    what: 'an indirect call through null',
    wat: functionF('', 'i32.const 0 call_indirect nop', '(table 1 funcref)'),
    fuel: 2,
    trap: /null function|signature/,
  },
  {
    what: 'an indirect tail call through null',
    wat: functionF('', 'i32.const 0 return_call_indirect', '(table 1 funcref)'),
    fuel: 2,
    trap: /null function|signature/,
  },
  {
    what: 'a trap after code that is never reached, with an if in it',
    // br; const, load, drop
    wat: functionF(
      '',
      'block br 0 i32.const 1 if (result i32) i32.const 1 else i32.const 2 end drop nop end i32.const -1 i32.load drop nop',
      '(memory 1)',
    ),
    fuel: 3,
    trap: /out of bounds/,
  },
  // Two ways of a loop with its test in front; the third round divides by zero after the test: 2
  // rounds of 12, then 8.
  ...[
    'block loop local.get 0 i32.const -9 i32.eq br_if 1 i32.const 1 local.get 0 i32.div_s drop local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end',
    'loop local.get 0 i32.const -9 i32.ne if i32.const 1 local.get 0 i32.div_s drop local.get 0 i32.const 1 i32.sub local.set 0 br 1 end end',
  ].map((body, at) => ({
    what: `a trap in a loop charged as one, ${at}`,
    wat: functionF('(param i32)', body),
    args: [2],
    fuel: 13 + 13 + 7,
    trap: /divide by zero/,
  })),
  ...[
    'block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 nop nop br 0 end end nop',
    'loop local.get 0 if local.get 0 i32.const 1 i32.sub local.set 0 nop nop br 1 end end nop',
  ].map((body, at) => ({
    what: `what a loop's exit pays back, ${at}`,
    wat: functionF('(param i32)', body),
    args: [5],
    fuel: at === 0 ? 5 * 10 + 3 + 1 : 5 * 9 + 2 + 1,
  })),
  {
    what: 'a function left from inside a loop',
    wat: functionF(
      '(param i32)',
      'loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end',
    ),
    args: [3],
    fuel: 3 * 8 + 3,
  },
  ...['v128.load', 'v128.load8_splat', 'v128.load32_zero'].map((load) => ({
    what: `${load} out of bounds in a loop`,
    wat: functionF('(param i32)', `loop local.get 0 ${load} drop i32.const -1 local.set 0 br 0 end`, '(memory 1)'),
    args: [0],
    fuel: 6 + 2,
    trap: /out of bounds/,
  })),
  {
    what: 'more exits of a loop than are paid back',
    wat: functionF('(param i32)', `block loop ${'local.get 0 br_if 1 '.repeat(40)} end end`),
    args: [0],
    fuel: 80,
  },
  // Round 1 and 2 pass: get, div, drop, get, const, sub, tee, br_if are 4 + 5; the third: const,
  // get, div.
  {
    what: 'a trap in the third round of a loop',
    wat: functionF(
      '(param i32)',
      'loop i32.const 1 local.get 0 i32.div_s drop local.get 0 i32.const 1 i32.sub local.set 0 br 0 end',
    ),
    args: [2],
    fuel: 9 + 9 + 3,
    trap: /divide by zero/,
  },
  {
    what: 'a trap two calls down',
    wat: functionF(
      '',
      'nop call $a nop nop',
      '(func $a nop nop call $b nop) (func $b nop i32.const 0 if nop end i32.const 1 i32.const 0 i32.div_u drop nop)',
    ),
    fuel: 2 + 3 + 3 + 3,
    trap: /divide by zero/,
  },
];

describe('meter: programs counted by hand', () => {
  for (const row of ROWS) itIsCounted(row);

  it('leaves plenty of fuel for these tests', () => assert.ok(ROWS.every((row) => row.fuel < PLENTY)));
});
