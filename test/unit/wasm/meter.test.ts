import assert from 'node:assert/strict';
import fc from 'fast-check';
import { balanceOf } from '../../../wasm/meter/balance.ts';
import { meter } from '../../../wasm/meter/meter.ts';
import { FUEL_EXPORT, MEMORY_IMPORT, START_EXPORT } from '../../../wasm/meter/meteredModule.ts';
import { BinaryReader } from '../../../wasm/read/binaryReader.ts';
import { INLINED_BYTES } from '../../../wasm/read/compileCost.ts';
import { readModule } from '../../../wasm/read/readModule.ts';
import { WasmInvalidError } from '../../../wasm/read/wasmInvalid.ts';
import { trapPoint } from '../../../wasm/settle/trapPoint.ts';
import { compileWat } from '../../helpers/compileWat.ts';
import { generateProgram } from '../../helpers/generateProgram.ts';
import { instantiateMetered, PLENTY, TOO_DEEP } from '../../helpers/runMetered.ts';

interface Row {
  what: string;
  wat: string;
  args?: unknown[];
  /** Counted by hand: instructions executed, `block`, `loop`, `else` and `end` excepted. */
  fuel: number;
  result?: unknown;
  trap?: RegExp;
}

/** `body` becomes the function `f`. */
const f = (head: string, body: string, rest = '') => `(module ${rest} (func $f (export "f") ${head} ${body}))`;

const ROWS: Row[] = [
  { what: 'an empty function', wat: f('', ''), fuel: 0 },
  { what: 'nop', wat: f('', 'nop nop'), fuel: 2 },
  { what: 'straight code', wat: f('(result i32)', 'i32.const 1 i32.const 2 i32.add'), fuel: 3, result: 3 },
  { what: 'an explicit return', wat: f('(result i32)', 'i32.const 7 return i32.const 8'), fuel: 2, result: 7 },
  { what: 'blocks, which are free', wat: f('', 'block block loop end end end block nop end'), fuel: 1 },
  { what: 'a block left early', wat: f('', 'block nop br 0 nop nop end nop'), fuel: 3 },
  {
    what: 'a block no branch names',
    wat: f('(result i32)', 'block (result i32) i32.const 1 end i32.const 2 i32.add'),
    fuel: 3,
    result: 3,
  },
  // local.get, br_if; nop; nop
  { what: 'br_if taken', wat: f('(param i32)', 'block local.get 0 br_if 0 nop nop end nop'), args: [1], fuel: 3 },
  { what: 'br_if not taken', wat: f('(param i32)', 'block local.get 0 br_if 0 nop nop end nop'), args: [0], fuel: 5 },
  // local.get, if, then 2, after 1
  {
    what: 'the then arm',
    wat: f('(param i32)', 'local.get 0 if nop nop else nop nop nop nop end nop'),
    args: [1],
    fuel: 5,
  },
  {
    what: 'the else arm',
    wat: f('(param i32)', 'local.get 0 if nop nop else nop nop nop nop end nop'),
    args: [0],
    fuel: 7,
  },
  { what: 'an if without else, not entered', wat: f('(param i32)', 'local.get 0 if nop nop end'), args: [0], fuel: 2 },
  // Ten times: local.get, const, sub, local.tee, br_if.
  {
    what: 'a loop',
    wat: f('(param i32)', 'loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end'),
    args: [10],
    fuel: 50,
  },
  // Each of five rounds: get, eqz, br_if, get, const, sub, set, br; then get, eqz, br_if.
  {
    what: 'a loop with its test in front',
    wat: f(
      '(param i32)',
      'block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end',
    ),
    args: [5],
    fuel: 43,
  },
  // Outer 3 rounds: const, set, [inner 2 rounds of 5], get, const, sub, tee, br_if.
  {
    what: 'a loop in a loop',
    wat: f(
      '(param i32) (local i32)',
      `loop i32.const 2 local.set 1
         loop local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0 end
         local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end`,
    ),
    args: [3],
    fuel: 3 * (2 + 10 + 5),
  },
  { what: 'a loop that is not repeated', wat: f('', 'nop loop nop end nop'), fuel: 3 },
  // get, br_table; then what follows each label.
  ...[
    [0, 2 + 1 + 1 + 1],
    [1, 2 + 1 + 1],
    [2, 2 + 1],
    [9, 2 + 1],
  ].map(([arg, fuel]) => ({
    what: `br_table to ${arg}`,
    wat: f('(param i32)', 'block block block local.get 0 br_table 0 1 2 end nop end nop end nop'),
    args: [arg],
    fuel: fuel as number,
  })),
  {
    what: 'multi-value blocks',
    wat: f(
      '(result i32)',
      'i32.const 1 i32.const 2 block (param i32 i32) (result i32 i32) i32.add i32.const 5 br 0 end i32.sub',
    ),
    fuel: 6,
    result: -2,
  },
  {
    what: 'a branch to the function itself',
    wat: f('(param i32) (result i32)', 'i32.const 3 local.get 0 br_if 0 drop i32.const 4'),
    args: [0],
    fuel: 5,
    result: 4,
  },
  {
    what: 'a branch to the function itself, taken',
    wat: f('(param i32) (result i32)', 'i32.const 3 local.get 0 br_if 0 drop i32.const 4'),
    args: [1],
    fuel: 3,
    result: 3,
  },
  {
    what: 'a br_table to the function itself',
    wat: f('(param i32)', 'block local.get 0 br_table 0 1 end nop'),
    args: [1],
    fuel: 2,
  },
  // Caller: const, call, const, add; callee: get, get, mul.
  {
    what: 'a call',
    wat: f(
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
    wat: f(
      '(param i64) (result i64)',
      'local.get 0 i64.eqz if (result i64) i64.const 1 else local.get 0 local.get 0 i64.const 1 i64.sub call $f i64.mul end',
    ),
    args: [20n],
    fuel: 20 * 9 + 4,
    result: 2432902008176640000n,
  },
  {
    what: 'call_indirect',
    wat: f(
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
    wat: f('(param i32)', 'local.get 0 i32.eqz if return end local.get 0 i32.const 1 i32.sub return_call $f'),
    args: [100_000],
    fuel: 700_004,
  },
  {
    what: 'return_call_indirect',
    wat: f(
      '(result i32)',
      'i32.const 0 return_call_indirect (type $t)',
      '(type $t (func (result i32))) (table funcref (elem $a)) (func $a (type $t) i32.const 9)',
    ),
    fuel: 3,
    result: 9,
  },
  {
    what: 'SIMD',
    wat: f('(result i32)', 'v128.const i32x4 1 2 3 4 v128.const i32x4 1 1 1 1 i32x4.add i32x4.extract_lane 3'),
    fuel: 4,
    result: 5,
  },
  {
    what: 'bulk memory',
    wat: f(
      '',
      '(memory.fill (i32.const 0) (i32.const 7) (i32.const 9)) (memory.copy (i32.const 20) (i32.const 0) (i32.const 9))',
      '(memory 1)',
    ),
    fuel: 8,
  },
  {
    what: 'saturating conversion and sign extension',
    wat: f('(result i32)', 'f32.const 3e9 i32.trunc_sat_f32_s i32.extend8_s'),
    fuel: 3,
    result: -1,
  },
  { what: 'references', wat: f('(result i32)', 'ref.null func ref.is_null ref.func $f drop'), fuel: 4, result: 1 },
  { what: 'memory.grow', wat: f('(result i32)', 'nop i32.const 1 memory.grow nop', '(memory 1)'), fuel: 4, result: 1 },
  {
    what: 'dead code with blocks in it',
    wat: f(
      '(result i32)',
      'block (result i32) i32.const 1 return block nop loop nop br 1 end end if nop else nop end i32.const 1 end',
    ),
    fuel: 2,
    result: 1,
  },
  { what: 'an if in dead code', wat: f('', 'block br 0 i32.const 1 if nop end nop end nop'), fuel: 2 },
  {
    what: 'a then arm that never ends',
    wat: f('(param i32) (result i32)', 'local.get 0 if i32.const 5 return end i32.const 6'),
    args: [0],
    fuel: 3,
    result: 6,
  },
  {
    what: 'both arms that never end',
    wat: f('(param i32) (result i32)', 'local.get 0 if i32.const 5 return else i32.const 6 return end unreachable'),
    args: [0],
    fuel: 4,
    result: 6,
  },
  // Traps: the one that traps was executed, what comes after it was not.
  { what: 'unreachable', wat: f('', 'nop nop unreachable nop'), fuel: 3, trap: /unreachable/ },
  {
    what: 'division by zero in mid-region',
    wat: f('(param i32)', 'nop i32.const 1 local.get 0 i32.div_s drop nop nop'),
    args: [0],
    fuel: 4,
    trap: /divide by zero/,
  },
  {
    what: 'no division by zero',
    wat: f('(param i32)', 'nop i32.const 1 local.get 0 i32.div_s drop nop nop'),
    args: [1],
    fuel: 7,
  },
  {
    what: 'integer overflow',
    wat: f('', 'i32.const 0x80000000 i32.const -1 i32.div_s drop nop'),
    fuel: 3,
    trap: /unrepresentable|overflow/,
  },
  { what: 'invalid conversion', wat: f('', 'f32.const nan i32.trunc_f32_s drop'), fuel: 2, trap: /unrepresentable/ },
  {
    what: 'a load out of bounds',
    wat: f('(param i32)', 'local.get 0 i32.load drop nop local.get 0 drop', '(memory 1)'),
    args: [-4],
    fuel: 2,
    trap: /out of bounds/,
  },
  {
    what: 'a store out of bounds after one within',
    wat: f('', '(i32.store (i32.const 0) (i32.const 1)) (i32.store (i32.const 65533) (i32.const 1)) nop', '(memory 1)'),
    fuel: 6,
    trap: /out of bounds/,
  },
  {
    what: 'a SIMD load out of bounds',
    wat: f('', 'i32.const -1 v128.load drop nop', '(memory 1)'),
    fuel: 2,
    trap: /out of bounds/,
  },
  {
    what: 'memory.fill out of bounds',
    wat: f('', 'i32.const 0 i32.const 0 i32.const 65537 memory.fill nop', '(memory 1)'),
    fuel: 4,
    trap: /out of bounds/,
  },
  {
    what: 'table.get out of bounds',
    wat: f('', 'nop i32.const 4 table.get 0 drop nop', '(table 4 funcref)'),
    fuel: 3,
    trap: /out of bounds/,
  },
  {
    what: 'an indirect call through null',
    wat: f('', 'i32.const 0 call_indirect nop', '(table 1 funcref)'),
    fuel: 2,
    trap: /null function|signature/,
  },
  {
    what: 'an indirect tail call through null',
    wat: f('', 'i32.const 0 return_call_indirect', '(table 1 funcref)'),
    fuel: 2,
    trap: /null function|signature/,
  },
  {
    what: 'a trap after code that is never reached, with an if in it',
    // br; const, load, drop
    wat: f(
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
    wat: f('(param i32)', body),
    args: [2],
    fuel: 13 + 13 + 7,
    trap: /divide by zero/,
  })),
  ...[
    'block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 nop nop br 0 end end nop',
    'loop local.get 0 if local.get 0 i32.const 1 i32.sub local.set 0 nop nop br 1 end end nop',
  ].map((body, at) => ({
    what: `what a loop's exit pays back, ${at}`,
    wat: f('(param i32)', body),
    args: [5],
    fuel: at === 0 ? 5 * 10 + 3 + 1 : 5 * 9 + 2 + 1,
  })),
  {
    what: 'a function left from inside a loop',
    wat: f('(param i32)', 'loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end'),
    args: [3],
    fuel: 3 * 8 + 3,
  },
  ...['v128.load', 'v128.load8_splat', 'v128.load32_zero'].map((load) => ({
    what: `${load} out of bounds in a loop`,
    wat: f('(param i32)', `loop local.get 0 ${load} drop i32.const -1 local.set 0 br 0 end`, '(memory 1)'),
    args: [0],
    fuel: 6 + 2,
    trap: /out of bounds/,
  })),
  {
    what: 'more exits of a loop than are paid back',
    wat: f('(param i32)', `block loop ${'local.get 0 br_if 1 '.repeat(40)} end end`),
    args: [0],
    fuel: 80,
  },
  // Round 1 and 2 pass: get, div, drop, get, const, sub, tee, br_if are 4 + 5; the third: const,
  // get, div.
  {
    what: 'a trap in the third round of a loop',
    wat: f(
      '(param i32)',
      'loop i32.const 1 local.get 0 i32.div_s drop local.get 0 i32.const 1 i32.sub local.set 0 br 0 end',
    ),
    args: [2],
    fuel: 9 + 9 + 3,
    trap: /divide by zero/,
  },
  {
    what: 'a trap two calls down',
    wat: f(
      '',
      'nop call $a nop nop',
      '(func $a nop nop call $b nop) (func $b nop i32.const 0 if nop end i32.const 1 i32.const 0 i32.div_u drop nop)',
    ),
    fuel: 2 + 3 + 3 + 3,
    trap: /divide by zero/,
  },
  // Functions that are called become two: what they are called with and leave is one more than it
  // was.
  {
    what: 'mutual recursion',
    // Each call: get, eqz, if, get, const, sub, call; the last: get, eqz, if, const.
    wat: f(
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
    wat: f(
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
    wat: f(
      '(result i64)',
      'i32.const 1 call $two local.set 0 drop i32.const 0 call $two local.get 0 i64.add local.set 0 drop local.get 0',
      `(func $two (param i32) (result i32 i64) local.get 0 if i32.const 1 i64.const 2 return end i32.const 3 i64.const 4)`,
    ).replace('(result i64)', '(result i64) (local i64)'),
    fuel: 10 + 5 + 4 + 1,
    result: 6n,
  },
  {
    what: 'results of a call that a branch takes out of the function',
    wat: f(
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
    wat: f(
      '',
      'i32.const 3 call $down i32.const 0 call $down',
      '(func $nop) (func $down (param i32) loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 call $nop br 0 end)',
    ),
    fuel: 4 + (3 * 9 + 3) + 3,
  },
  {
    what: 'a br_table out of what is called',
    wat: f(
      '(result i32)',
      'i32.const 0 call $g i32.const 1 call $g i32.add',
      '(func $g (param i32) (result i32) block (result i32) i32.const 7 local.get 0 br_table 0 1 end i32.const 1 i32.add)',
    ),
    fuel: 5 + 5 + 3,
    result: 15,
  },
  {
    what: 'returns and calls in code of what is called that is never reached',
    wat: f(
      '(result i32)',
      'call $g',
      '(func $one (result i32) i32.const 1) (func $g (result i32) (local i64) call $one return call $one i64.const 3 local.set 0 return)',
    ),
    fuel: 1 + 2 + 1,
    result: 1,
  },
  {
    what: 'a function that is called directly and through a table',
    wat: f(
      '(result i32)',
      'i32.const 20 call $g drop i32.const 1 i32.const 0 call_indirect (param i32) (result i32) call $g',
      '(table funcref (elem $g)) (func $leaf (param i32) (result i32) local.get 0) (func $g (param i32) (result i32) local.get 0 call $leaf i32.const 1 i32.add)',
    ),
    fuel: 7 + 3 * 5,
    result: 3,
  },
  {
    what: 'a tail call beside, of and from what is called',
    wat: f(
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
    wat: f(
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
    wat: f(
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
    wat: f(
      '',
      'nop i32.const 2 call $g nop',
      `(func $leaf nop) (func $g (param i32) loop call $leaf i32.const 1 local.get 0 i32.div_s drop local.get 0 i32.const 1 i32.sub local.set 0 br 0 end)`,
    ),
    fuel: 3 + 2 * 11 + 5,
    trap: /divide by zero/,
  },
  ...[127, 128].map((locals) => ({
    what: `what is called with ${locals} locals`,
    wat: f(
      '(result i64)',
      'i64.const 9 call $g',
      `(func $leaf (param i64) (result i64) local.get 0) (func $g (param i64) (result i64) (local ${'i64 '.repeat(locals - 1)})
         local.get 0 local.set ${locals - 1} local.get ${locals - 1} call $leaf local.tee 1 local.get 126 i64.add)`,
    ),
    fuel: 2 + 7 + 1,
    result: locals === 127 ? 18n : 9n,
  })),
];

describe('meter', () => {
  for (const { what, wat, args = [], fuel, result, trap } of ROWS) {
    it(`counts ${what}`, () => {
      const bytes = compileWat(wat);
      assert.equal(WebAssembly.validate(bytes), true, 'the test program is not valid');
      const outcome = instantiateMetered(bytes).call('f', args);
      assert.equal(outcome.exhausted, false);
      assert.equal(outcome.fuelUsed, fuel);
      if (trap === undefined) assert.equal(outcome.trap, undefined);
      else assert.match(outcome.trap ?? 'no trap', trap);
      if (result !== undefined) assert.equal(outcome.result, result);
    });

    it(`counts ${what} alike where functions are kept out of their callers`, () => {
      const bytes = compileWat(wat);
      const { importedFunctions, functions } = readModule(bytes);
      const apart = Array.from(functions, (_, index) => importedFunctions + index);
      const instance = instantiateMetered(bytes, {}, 65_536, apart);
      const plain = instantiateMetered(bytes);
      assert.deepEqual(instance.call('f', args), plain.call('f', args));
      for (const budget of [0, 1, Math.max(0, fuel - 1), fuel]) {
        const [own, other] = [instance.call('f', args, budget), plain.call('f', args, budget)];
        assert.deepEqual([own.exhausted, own.fuelUsed], [other.exhausted, other.fuelUsed], `budget ${budget}`);
      }
      assert.ok(instance.metered.bytes.length > INLINED_BYTES * functions.length);
    });

    it(`ends ${what} as exhausted at every smaller budget, and at no other`, () => {
      const instance = instantiateMetered(compileWat(wat));
      // Every budget for the small ones, a sample for the long one.
      const step = Math.max(1, Math.floor(fuel / 300));
      for (let budget = 0; budget < fuel; budget += step) {
        const outcome = instance.call('f', args, budget);
        assert.deepEqual([outcome.exhausted, outcome.fuelUsed], [true, budget], `budget ${budget}`);
      }
      const exact = instance.call('f', args, fuel);
      assert.deepEqual([exact.exhausted, exact.fuelUsed], [false, fuel]);
      if (trap !== undefined) assert.match(exact.trap ?? 'no trap', trap);
    });
  }

  it('ends an endless loop and an endless recursion', () => {
    for (const wat of ['(func (export "f") (loop (br 0)))', '(func $f (export "f") (return_call $f))']) {
      const outcome = instantiateMetered(compileWat(`(module ${wat})`)).call('f', [], 500_000);
      assert.equal(outcome.exhausted, true);
      assert.equal(outcome.fuelUsed, 500_000);
    }
    const deep = instantiateMetered(compileWat('(module (func $f (export "f") (call $f)))')).call('f', [], 300);
    assert.deepEqual([deep.exhausted, deep.fuelUsed], [true, 300]);
  });

  describe('depth', () => {
    // A frame of 192 bytes, 8 for each value that it keeps, 96 for each call; 512 make a unit.
    const depth = (wat: string, units: number, budget = PLENTY) =>
      instantiateMetered(compileWat(wat)).call('f', [], budget, units);

    it('ends a call below frames that weigh all that is allowed, for the fuel of the calls that were made', () => {
      // Each level executes nop and call, and weighs one unit; the level that is too deep executes
      // nothing.
      const wat = '(module (func $f (export "f") nop call $f nop))';
      for (const units of [1, 2, 100, 400]) {
        const outcome = depth(wat, units);
        assert.deepEqual([outcome.trap, outcome.tooDeep, outcome.fuelUsed], [TOO_DEEP, true, 2 * units]);
        assert.deepEqual(depth(wat, units, 2 * units).tooDeep, true);
        const short = depth(wat, units, 2 * units - 1);
        assert.deepEqual([short.exhausted, short.tooDeep, short.fuelUsed], [true, false, 2 * units - 1]);
      }
    });

    it('weighs a frame by its locals, its instructions, its calls and what these pass', () => {
      const path = (computing: number) => `i32.const 0 ${'i32.eqz '.repeat(computing)} drop`;
      // [what stands in the function, units]: the recursion fits 16 units 16 / units times.
      const rows: Array<[head: string, body: string, units: number]> = [
        ['', 'call $f', 1],
        // 192 + 96 + 8 x 28 = 512, and one local more.
        [`(local ${'i64 '.repeat(28)})`, 'call $f', 1],
        [`(local ${'i64 '.repeat(29)})`, 'call $f', 2],
        [`(local ${'v128 '.repeat(14)})`, 'call $f', 1],
        [`(local ${'v128 '.repeat(15)})`, 'call $f', 2],
        // Instructions that compute nothing count nothing; a third of all instructions is the most.
        ['', `call $f ${'nop '.repeat(12_000)}`, 1],
        ['', `call $f i32.const 0 ${'i32.eqz '.repeat(81)} drop`, 1],
        ['', `call $f i32.const 0 ${'i32.eqz '.repeat(82)} drop`, 2],
        // One operand, and 27 or 28 instructions that compute on one path.
        ['', `call $f i32.const 0 ${'i32.eqz '.repeat(27)} drop ${'nop '.repeat(60)}`, 1],
        ['', `call $f i32.const 0 ${'i32.eqz '.repeat(28)} drop ${'nop '.repeat(60)}`, 2],
        // Each arm of two has 20: no path has all.
        ['', `call $f i32.const 0 if ${path(20)} else ${path(20)} end ${'nop '.repeat(60)}`, 1],
        ['', `call $f block i32.const 0 br_if 0 ${path(20)} end ${path(20)} ${'nop '.repeat(60)}`, 1],
        ['', `call $f block ${path(20)} i32.const 0 br_if 0 end ${path(20)} ${'nop '.repeat(60)}`, 2],
        ['', `call $f loop ${path(20)} end ${path(20)} ${'nop '.repeat(60)}`, 2],
        ['', `call $f ${'i32.const 0 '.repeat(28)} ${'drop '.repeat(28)} ${'nop '.repeat(60)}`, 1],
        ['', `call $f ${'i32.const 0 '.repeat(29)} ${'drop '.repeat(29)} ${'nop '.repeat(60)}`, 2],
        ['', `call $f ${'call $f '.repeat(2)}`, 1],
        ['', `call $f ${'call $f '.repeat(3)}`, 2],
        ['', `call $f call $g ${'drop '.repeat(4)}`, 1],
        ['', `call $f ${`call $g ${'drop '.repeat(4)}`.repeat(2)}`, 2],
      ];
      for (const [head, body, units] of rows) {
        const results = 'i32.const 0 '.repeat(4);
        const wat = `(module (global $n (mut i32) (i32.const 0)) (func $g (result i32 i32 i32 i32) ${results})
          (func $f (export "f") ${head} ${body}))`;
        assert.equal(depth(wat, 16).fuelUsed, 16 / units, `${head} ${body}`);
      }
    });

    it('is not used by calls that have returned, by tail calls, or by functions that call nothing', () => {
      const again = `(module (func $leaf) (func $g call $leaf) (func (export "f") (local i32) i32.const 1000 local.set 0
        loop call $g call $g local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end))`;
      assert.equal(depth(again, 2).trap, undefined);
      assert.equal(depth(again, 1).tooDeep, true);
      const tail = '(module (func $f (export "f") nop return_call $f))';
      assert.deepEqual(depth(tail, 1, 1000).exhausted, true);
      assert.equal(depth('(module (func $leaf nop) (func (export "f") call $leaf))', 1).trap, undefined);
    });

    it('is given back by whatever way a function is left', () => {
      const ways = [
        'call $g nop',
        'call $g return',
        'call $g br 0',
        'i32.const 1 if call $g end',
        'i32.const 0 if nop else call $g end',
        'block call $g i32.const 1 br_if 1 nop end',
        'loop call $g i32.const 0 br_if 0 end',
        'block loop i32.const 1 br_if 1 call $g br 0 end end',
        'call $g i32.const 0 br_table 0 0',
        'call $g return_call $g',
        'i32.const 0 call_indirect',
      ];
      for (const way of ways) {
        const wat = `(module (table 1 funcref) (elem (i32.const 0) $g) (func $g call $h) (func $h)
          (func $way ${way}) (func (export "f") (local i32) i32.const 50 local.set 0
          loop call $way local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end))`;
        assert.equal(depth(wat, 4).trap, undefined, way);
      }
    });

    it('ends a call of a large function when its own frame does not fit', () => {
      // 192 + 8 x 1100 bytes: 18 units.
      for (const call of ['', 'call $g']) {
        const wat = `(module (func $large (local ${'i64 '.repeat(1100)}) nop ${call}) (func $g) (func (export "f") call $large))`;
        assert.equal(depth(wat, 19).tooDeep, true);
        assert.equal(depth(wat, 19).fuelUsed, 1);
        assert.equal(depth(wat, 20).trap, undefined);
      }
    });

    it('is the same when V8 has optimised and inlined the calls', () => {
      const wat = `(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))`;
      const instance = instantiateMetered(compileWat(wat));
      // The last level, which calls nothing, is entered like any other.
      for (let round = 0; round < 3000; round++) {
        assert.deepEqual(
          [instance.call('f', [99], PLENTY, 100).result, instance.call('f', [100], PLENTY, 100).tooDeep],
          [99, true],
        );
      }
    });
  });

  describe('host functions', () => {
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

  it('grows memory only when that is paid for', () => {
    const instance = instantiateMetered(
      compileWat('(module (memory (export "m") 1) (func (export "f") nop i32.const 1 memory.grow drop))'),
    );
    const pages = () => (instance.exports.m as WebAssembly.Memory).buffer.byteLength / 65_536;
    assert.equal(instance.call('f', [], 2).exhausted, true);
    assert.equal(pages(), 1);
    assert.equal(instance.call('f', [], 3).exhausted, true);
    assert.equal(pages(), 2);
  });

  it('bounds what may run past the budget', () => {
    // A large leaf called in a loop, and small leaves called many times without one.
    const large = `(func $leaf ${'nop '.repeat(500)})`;
    const seen = instantiateMetered(
      compileWat(`(module ${large} (global $n (export "n") (mut i32) (i32.const 0))
        (func (export "f") ${'(global.set $n (i32.add (global.get $n) (i32.const 1))) call $leaf '.repeat(50)}))`),
    );
    const outcome = seen.call('f', [], 1000);
    assert.equal(outcome.exhausted, true);
    // Two calls are paid for; the third leaf is entered with the balance above zero at most, the
    // fourth never runs.
    assert.ok((seen.exports.n as WebAssembly.Global).value <= 4);
  });

  it('says where a trap happened in the original module', () => {
    const bytes = compileWat(
      '(module (import "h" "f" (func)) (func) (func $f (export "f") (param i32) (local i64) loop local.get 0 br_if 0 call 0 end i32.const 1 i32.const 0 i32.div_u drop))',
    );
    const { metered, exports } = instantiateMetered(bytes, { h: { f: () => {} } });
    (exports[FUEL_EXPORT] as WebAssembly.Global).value = balanceOf(100);
    try {
      (exports.f as WebAssembly.ExportFunction)(0);
      assert.fail('no trap');
    } catch (error) {
      assert.ok(error instanceof WebAssembly.RuntimeError);
      const point = trapPoint(metered, error.stack ?? '');
      assert.equal(point?.functionIndex, 2);
      // 0x6e is i32.div_u: its place in the original, from the start of the body (after the size
      // byte).
      const code = readModule(bytes).sections.at(-1);
      const body = bytes.subarray((code?.offset ?? 0) + 1 + 3 + 1);
      assert.equal(body[point?.bodyOffset ?? 0], 0x6e);
    }
  });

  describe('functions that are called', () => {
    /** Index of the function and opcode of the instruction that traps. */
    const trapIn = (bytes: Uint8Array): [functionIndex: number, opcode: number | undefined] => {
      const { metered, exports } = instantiateMetered(bytes);
      (exports[FUEL_EXPORT] as WebAssembly.Global).value = balanceOf(PLENTY);
      try {
        (exports.f as WebAssembly.ExportFunction)();
      } catch (error) {
        assert.ok(error instanceof WebAssembly.RuntimeError);
        const point = trapPoint(metered, error.stack ?? '');
        const code = readModule(bytes).sections.find(({ id }) => id === 10);
        const reader = new BinaryReader(bytes, code?.offset);
        reader.u32();
        for (let body = point?.functionIndex ?? 0; body > 0; body--) reader.skip(reader.u32());
        reader.u32();
        return [point?.functionIndex ?? -1, bytes[reader.pos + (point?.bodyOffset ?? 0)]];
      }
      return assert.fail('no trap');
    };
    const DIVIDE = 0x6e;

    it('are two each, unless they have a tail call, or their type or their locals no room', () => {
      const two = (wat: string) => meter(compileWat(`(module ${wat})`), { memoryMaxPages: 1 }).inner;
      const called = (head: string, body = 'unreachable') =>
        two(`(func (export "f") unreachable call $g) (func $g ${head} ${body})`).length;
      assert.deepEqual(
        two('(func $a) (func $b call $a) (func (export "f") call $b call $c) (func $c call $c)'),
        [0, 1, 3],
      );
      assert.deepEqual(two('(table funcref (elem $a)) (func $a) (func i32.const 0 call_indirect return_call $a)'), []);
      assert.deepEqual([called('', 'return_call $g'), called('', 'nop')], [0, 1]);
      for (const [type, most] of [
        ['param', 16],
        ['result', 4],
        ['local', 127],
      ] as const) {
        const heads = [most, most + 1].map((count) => `(${type} ${'i32 '.repeat(count)})`);
        assert.deepEqual(
          heads.map((head) => called(head)),
          [1, 0],
          type,
        );
      }
    });

    it('stay as they are where a module has no room for more functions or types', () => {
      const u32 = (value: number) => [0, 7, 14].map((shift) => ((value >> shift) & 127) | (shift < 14 ? 128 : 0));
      const section = (id: number, content: Uint8Array) =>
        Buffer.concat([Uint8Array.from([id, ...long(content.length)]), content]);
      const long = (value: number) => [0, 7, 14, 21].map((shift) => ((value >> shift) & 127) | (shift < 21 ? 128 : 0));
      /** The last function calls all others. */
      const module = (types: number, functions: number) => {
        const calls = Buffer.concat(
          Array.from({ length: functions - 1 }, (_, at) => Uint8Array.from([0x10, ...u32(at)])),
        );
        return Buffer.concat([
          Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
          section(1, Uint8Array.from([...u32(types), ...Array.from({ length: types }, () => [0x60, 0, 0]).flat()])),
          section(3, Uint8Array.from([...u32(functions), ...Array.from({ length: functions }, () => 0)])),
          section(
            10,
            Buffer.concat([
              Uint8Array.from(u32(functions)),
              Uint8Array.from(Array.from({ length: functions - 1 }, () => [2, 0, 0x0b]).flat()),
              Uint8Array.from([...long(calls.length + 2), 0]),
              calls,
              Uint8Array.from([0x0b]),
            ]),
          ),
        ]);
      };
      const two = (bytes: Uint8Array) => {
        const metered = meter(bytes, { memoryMaxPages: 1 });
        assert.equal(WebAssembly.validate(metered.bytes), true);
        return metered.inner.length;
      };
      assert.deepEqual([two(module(3_333, 2)), two(module(3_334, 2))], [1, 0]);
      assert.deepEqual([two(module(1, 499_499)), two(module(1, 499_501))], [499_498, 0]);
    }).timeout(20_000);

    it('leave the artifact as it is', () => {
      const bytes = Buffer.from(compileWat('(module (func $g (local i32) local.get 0 drop) (func call $g))'));
      const before = bytes.toString('hex');
      meter(bytes, { memoryMaxPages: 1 });
      assert.equal(bytes.toString('hex'), before);
    });

    it('say where they trap, after calls and locals that moved', () => {
      const rows: Array<[wat: string, index: number]> = [
        ['(func $g (local i32 i64) nop i32.const 1 local.get 0 i32.div_u drop) (func (export "f") call $g)', 0],
        [
          `(func (export "f") call $g) (func $g (local i32 f64) call $h call $h local.get 0 if else call $h end local.get 1 local.get 1 f64.div
             i64.reinterpret_f64 drop loop i32.const 1 local.get 0 i32.div_u br_if 0 end) (func $h)`,
          1,
        ],
        // Of 200 functions, so that an inner one has a longer number.
        [
          `${'(func) '.repeat(5)} (func $g (param i32) (result i32) call 0 call 1 call $h i32.const 1 local.get 0 i32.div_u call 2)
             ${'(func) '.repeat(200)} (func $h call 3) (func (export "f") call 4 i32.const 0 call $g drop)`,
          5,
        ],
      ];
      for (const [wat, index] of rows) assert.deepEqual(trapIn(compileWat(`(module ${wat})`)), [index, DIVIDE], wat);
    });

    it('may be named by a number longer than it need be', () => {
      const section = (id: number, content: number[]) => [id, ...u32(content.length), ...content];
      const u32 = (value: number) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
      const padded = (value: number, length: number) =>
        Array.from({ length }, (_, at) => ((value >> (7 * at)) & 127) | (at < length - 1 ? 128 : 0));
      const COUNT = 140;
      for (const callee of [3, 135]) {
        for (let length = callee > 127 ? 2 : 1; length <= 5; length++) {
          const call = [0x10, ...padded(callee, length)];
          const calls = [0, ...call, ...call, 0x41, 1, 0x41, 0, DIVIDE, 0x1a, 0x0b];
          const bodies = Array.from({ length: COUNT }, (_, at) => (at === COUNT - 1 ? calls : [0, 1, 0x0b]));
          const bytes = Uint8Array.from([
            ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
            ...section(1, [1, 0x60, 0, 0]),
            ...section(3, [...u32(COUNT), ...bodies.map(() => 0)]),
            ...section(7, [1, 1, 0x66, 0, ...u32(COUNT - 1)]),
            ...section(10, [...u32(COUNT), ...bodies.flatMap((body) => [...u32(body.length), ...body])]),
          ]);
          const outcome = instantiateMetered(bytes).call('f');
          assert.deepEqual([outcome.fuelUsed, outcome.trap], [7, 'divide by zero'], `${callee} in ${length} bytes`);
          assert.deepEqual(trapIn(bytes), [COUNT - 1, DIVIDE], `${callee} in ${length} bytes`);
        }
      }
    });

    it('let a host function see exact fuel, however deep they are', () => {
      const wat = `(module (import "h" "f" (func $h (param i32)))
        (func $b (param i32) (result i32) nop local.get 0 call $h local.get 0 i32.const 1 i32.add)
        (func $a (param i32) (result i32) nop nop local.get 0 call $b call $b)
        (func (export "f") (result i32) i32.const 10 call $a call $a))`;
      const seen: Array<[number, number]> = [];
      const instance = instantiateMetered(compileWat(wat), {
        h: { f: (x: number) => seen.push([x, instance.used()]) },
      });
      // const, call; nop, nop, get, call; nop, get, call of the host; get, const, add; call; and so
      // on.
      const all = [
        [10, 9],
        [11, 16],
        [12, 27],
        [13, 34],
      ] as const;
      const total = 3 + 2 * (5 + 2 * 6);
      for (let budget = 0; budget <= total; budget++) {
        seen.length = 0;
        const outcome = instance.call('f', [], budget);
        assert.deepEqual([outcome.exhausted, outcome.fuelUsed], [budget < total, budget]);
        assert.deepEqual(
          seen,
          all.filter(([, used]) => used <= budget),
          `budget ${budget}`,
        );
      }
    });

    it('may be the start function, exported, and in tables', () => {
      const wat = `(module (global $n (export "n") (mut i32) (i32.const 0)) (start $s)
        (func $s (export "s") (global.set $n (i32.add (global.get $n) (i32.const 1)))) (func (export "f") call $s call $s))`;
      const instance = instantiateMetered(compileWat(wat));
      assert.deepEqual(instance.metered.inner, [0]);
      const { value: before } = instance.exports.n as WebAssembly.Global;
      const used = [undefined, 's', 'f'].map((name) => instance.call(name).fuelUsed);
      assert.deepEqual([before, used, (instance.exports.n as WebAssembly.Global).value], [0, [4, 4, 10], 4]);
    });

    it('end as exhausted and too deep at the same call, through a table and directly in turn', () => {
      const wat = `(module (type $t (func)) (table funcref (elem $b)) (func $a (export "f") nop i32.const 0 call_indirect)
        (func $b nop nop call $a))`;
      const instance = instantiateMetered(compileWat(wat));
      const deep = instance.call('f', [], PLENTY, 100);
      assert.deepEqual([deep.tooDeep, deep.fuelUsed], [true, 300]);
      for (const budget of [0, 1, 2, 3, 5, 150, 299]) {
        const { exhausted, tooDeep, fuelUsed } = instance.call('f', [], budget, 100);
        assert.deepEqual([exhausted, tooDeep, fuelUsed], [true, false, budget]);
      }
    });
  });

  it('does not let a name section into the stack that refunds are read from', () => {
    const bytes = compileWat('(module (func $evil:wasm-function (export "f") nop unreachable))', { names: true });
    assert.ok(readModule(bytes).customSections.length > 0);
    assert.deepEqual(readModule(meter(bytes, { memoryMaxPages: 1 }).bytes).customSections, []);
    assert.equal(instantiateMetered(bytes).call('f').fuelUsed, 2);
  });

  it('turns the start section into an export whose fuel counts', () => {
    const instance = instantiateMetered(
      compileWat(
        '(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 5))) (start $s))',
      ),
    );
    assert.equal(instance.metered.startExport, START_EXPORT);
    const global = instance.exports.g as WebAssembly.Global;
    assert.equal(global.value, 0);
    assert.equal(instance.call(undefined).fuelUsed, 2);
    assert.equal(global.value, 5);
    assert.equal(instantiateMetered(compileWat('(module)')).metered.startExport, null);
  });

  describe('module parts', () => {
    const refused = (wat: string, memoryMaxPages = 10) => {
      try {
        meter(compileWat(wat), { memoryMaxPages });
        return 'taken';
      } catch (error) {
        assert.ok(error instanceof WasmInvalidError);
        return error.reason;
      }
    };
    const memoryOf = (wat: string, memoryMaxPages: number) =>
      readModule(meter(compileWat(wat), { memoryMaxPages }).bytes).memories;

    it('cap the memory maximum', () => {
      assert.deepEqual(memoryOf('(module (memory 1))', 10), [{ min: 1, max: 10 }]);
      assert.deepEqual(memoryOf('(module (memory 1 5))', 10), [{ min: 1, max: 5 }]);
      assert.deepEqual(memoryOf('(module (memory 1 500))', 10), [{ min: 1, max: 10 }]);
      assert.deepEqual(memoryOf('(module)', 10), []);
      assert.equal(refused('(module (memory 11))'), 'memory_above_limit');
      assert.equal(refused('(module (memory 10))'), 'taken');
    });

    it('take their memory from whoever instantiates them, and keep an imported one', () => {
      const bytes = compileWat(
        '(module (import "h" "f" (func)) (memory (export "memory") 2 9) (data (i32.const 65536) "x"))',
      );
      const metered = meter(bytes, { memoryMaxPages: 7 });
      assert.deepEqual(metered.memory, { min: 2, max: 7 });
      assert.deepEqual(
        readModule(metered.bytes).imports.map(({ module, name, type }) => [module, name, type.kind]),
        [
          ['h', 'f', 'func'],
          [MEMORY_IMPORT.module, MEMORY_IMPORT.name, 'memory'],
        ],
      );
      const { exports } = instantiateMetered(bytes, { h: { f: () => {} } }, 7);
      assert.equal(new Uint8Array((exports.memory as WebAssembly.Memory).buffer)[65_536], 0x78);
      const foreign = meter(compileWat('(module (import "h" "m" (memory 1)))'), { memoryMaxPages: 7 });
      assert.equal(foreign.memory, null);
      assert.deepEqual(readModule(foreign.bytes).memories, [{ min: 1, max: null }]);
    });

    it('call what can be interrupted before a bulk instruction in a loop, and it costs nothing', () => {
      const body = (inner: string) => compileWat(`(module (memory 1) (func (export "f") (param $n i32) ${inner}))`);
      const fill = '(memory.fill (i32.const 0) (i32.const 7) (i32.const 9))';
      const looped = `(loop $on ${fill} (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`;
      const { metered, call } = instantiateMetered(body(looped));
      assert.equal(metered.interruptFunction, 1);
      assert.equal(call('f', [10]).fuelUsed, 90);
      const calls = ({ bytes }: { bytes: Uint8Array }) =>
        bytes.filter((byte, at) => byte === 0x10 && bytes[at + 1] === 1).length;
      // One is the function's own.
      assert.equal(calls(metered), 2);
      assert.equal(calls(instantiateMetered(body(fill)).metered), 1);
      const traps =
        '(loop $on (memory.fill (local.get $n) (i32.const 7) (i32.const 9)) (local.set $n (i32.const -1)) (br $on))';
      assert.deepEqual(
        [3, 65_530].map((start) => instantiateMetered(body(traps)).call('f', [start]).fuelUsed),
        [11, 4],
      );
    });

    it('make memory.grow past the cap return -1', () => {
      const grow = '(module (memory 1) (func (export "f") (param i32) (result i32) (memory.grow (local.get 0))))';
      const instance = instantiateMetered(compileWat(grow), {}, 3);
      assert.deepEqual(
        [2, 1, 0].map((pages) => instance.call('f', [pages]).result),
        [1, -1, 3],
      );
    });

    it('cap what tables may grow to, together', () => {
      const { tables } = readModule(
        meter(compileWat('(module (table 10 funcref) (table 20 30 externref))'), { memoryMaxPages: 1 }).bytes,
      );
      assert.deepEqual(
        tables.map((table) => table.limits),
        [
          { min: 10, max: 499_995 },
          { min: 20, max: 30 },
        ],
      );
    });

    it('keep their indices and their order whatever sections are missing', () => {
      for (const wat of [
        '(module)',
        '(module (func nop))',
        '(module (memory 1) (data (i32.const 0) "x"))',
        '(module (memory 1) (data "x") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))))',
        '(module (table 1 funcref) (func $f) (elem (i32.const 0) $f))',
        '(module (global i32 (i32.const 1)) (func (export "f") (result i32) global.get 0))',
        '(module (import "a" "b" (global (mut i64))) (func (export "f") (result i64) global.get 0))',
        '(module (func $s nop) (start $s))',
      ]) {
        const metered = meter(compileWat(wat), { memoryMaxPages: 10 });
        assert.equal(WebAssembly.validate(metered.bytes), true, wat);
        const module = readModule(metered.bytes);
        assert.deepEqual(module.globals.at(-1), { type: 'i64', mutable: true });
        assert.deepEqual(
          module.exports.find(({ name }) => name === FUEL_EXPORT),
          { name: FUEL_EXPORT, kind: 'global', index: metered.fuelGlobal },
        );
      }
    });

    it('must not export what the meter exports', () => {
      for (const name of [FUEL_EXPORT, START_EXPORT]) {
        assert.equal(refused(`(module (func (export "${name}")))`), 'reserved_export');
      }
    });

    it('are refused when the meter does not know them, though V8 does', () => {
      const atomicFence = Uint8Array.from([
        0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 7, 1, 5, 0, 0xfe, 3, 0, 0x0b,
      ]);
      assert.equal(WebAssembly.validate(atomicFence), true);
      assert.throws(() => meter(atomicFence, { memoryMaxPages: 1 }), { reason: 'unsupported', feature: 'threads' });
    });
  });

  it('refuses a body that outgrows the engine once it is metered, by name', () => {
    // if nop end, over and over: three regions for every six bytes.
    const rounds = 900_000;
    const body = new Uint8Array(1 + rounds * 6 + 1);
    for (let i = 0, at = 1; i < rounds; i++, at += 6) body.set([0x41, 0, 0x04, 0x40, 0x01, 0x0b], at);
    body[body.length - 1] = 0x0b;
    const size = (n: number) => [(n & 0x7f) | 0x80, ((n >> 7) & 0x7f) | 0x80, ((n >> 14) & 0x7f) | 0x80, n >> 21];
    const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
    const bytes = Uint8Array.from([...head, 10, ...size(body.length + 5), 1, ...size(body.length), ...body]);
    assert.throws(() => meter(bytes, { memoryMaxPages: 1 }), { reason: 'limit', message: /once it is metered/ });
  });

  it('makes a valid module of every altered one that is valid, or refuses it by WasmInvalidError', () => {
    const programs = [1, 2, 3].map((seed) =>
      compileWat(generateProgram(Array.from({ length: 200 }, (_, at) => (at * at * 7919 * seed) % 10_007))),
    );
    let valid = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...programs),
        fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 2 }),
        (program, changes) => {
          const altered = program.slice();
          for (const [at, byte] of changes) altered[at % altered.length] = byte;
          if (!WebAssembly.validate(altered)) return;
          try {
            const { bytes } = meter(altered, { memoryMaxPages: 65_536 });
            valid++;
            assert.equal(WebAssembly.validate(bytes), true);
          } catch (error) {
            assert.ok(error instanceof WasmInvalidError, String(error));
          }
        },
      ),
      { numRuns: 4000 },
    );
    assert.ok(valid > 200, `only ${valid} altered modules were valid`);
  });

  it('leaves plenty of fuel for these tests', () => assert.ok(ROWS.every((row) => row.fuel < PLENTY)));
});
