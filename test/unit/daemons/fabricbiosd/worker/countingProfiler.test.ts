import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileWat } from '../../../../helpers/compileWat.ts';
import { generateProgram } from '../../../../helpers/generateProgram.ts';
import { type Profiled, profileModule } from '../../../../helpers/profileModule.ts';
import { instantiateMetered } from '../../../../helpers/runMetered.ts';

/** Every place once. */
const isOnce = (places: Profiled['places']) =>
  new Set(places.map(([index, at]) => `${index}:${at}`)).size === places.length;

const total = (all: ReadonlyArray<readonly number[]>) => all.reduce((sum, one) => sum + (one[2] as number), 0);
const host = { h: { host: (x: number) => (x * 31 + 1) | 0 } };

/** The profile's own figures agree, and it ended as the metered module does. */
function exact(bytes: Uint8Array, name: string, args: unknown[], budget: number): Profiled {
  const profiled = profileModule(bytes, name, args, budget, host);
  const instance = instantiateMetered(bytes, host, 64);
  if (instance.metered.startExport !== null) instance.call(undefined, [], budget);
  else {
    const { fuelUsed, exhausted, tooDeep, result } = instance.call(name, args, budget);
    assert.deepEqual(
      [profiled.fuelUsed, profiled.exhausted, profiled.tooDeep, exhausted ? '' : String(profiled.result)],
      [fuelUsed, exhausted, tooDeep, exhausted ? '' : String(result)],
      `budget ${budget}`,
    );
  }
  assert.equal(total(profiled.places), profiled.fuelUsed, `places, budget ${budget}`);
  assert.equal(total(profiled.calls), profiled.fuelUsed, `calls, budget ${budget}`);
  assert.ok(profiled.places.every(([, , fuel]) => fuel > 0));
  assert.ok(isOnce(profiled.places));
  const ofFunctions = (all: Profiled['places'] | Profiled['calls'], fuelAt: (one: readonly number[]) => number) => {
    const sums = new Map<number, number>();
    for (const one of all) sums.set(one[0], (sums.get(one[0]) ?? 0) + fuelAt(one));
    return [...sums].filter(([, fuel]) => fuel > 0).sort(([a], [b]) => a - b);
  };
  assert.deepEqual(
    ofFunctions(profiled.places, (one) => one[2] as number),
    ofFunctions(profiled.calls, (one) => one[2] as number),
    `functions, budget ${budget}`,
  );
  return profiled;
}

describe('the calls under way where fuel ended', () => {
  const bytes = compileWat(`(module
    (func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $empty)
    (func (export "f") (param $n i32)
      (local.set $n (call $leaf (local.get $n)))
      (call $empty)
      (loop $on (drop (call $leaf (local.get $n))) (br $on))))`);
  const framesAt = (budget: number) =>
    exact(bytes, 'f', [5], budget).exhaustedFrames?.map((frame) => [frame.function, frame.offset]);

  // The instructions of f begin at 1, 3, 5, 7, 9 (the loop), 11, 13, 15 and 16.
  const rows: Array<[budget: number, frames: number[][]]> = [
    [0, [[2, 1]]],
    [1, [[2, 3]]],
    [
      2,
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      4,
      [
        [0, 5],
        [2, 3],
      ],
    ],
    [5, [[2, 5]]],
    [6, [[2, 7]]],
    [7, [[2, 11]]],
    [
      9,
      [
        [0, 1],
        [2, 13],
      ],
    ],
    [12, [[2, 15]]],
    [13, [[2, 16]]],
    [14, [[2, 11]]],
    [
      7 + 7 * 1000 + 3,
      [
        [0, 3],
        [2, 13],
      ],
    ],
  ];
  for (const [budget, frames] of rows) it(`${budget} units`, () => assert.deepEqual(framesAt(budget), frames));

  it('are not said of a run that had enough', () => {
    const one = compileWat('(module (func (export "f") nop))');
    assert.equal(exact(one, 'f', [], 1).exhaustedFrames, null);
  });
});

describe('the profile of a module’s fuel', () => {
  it('gives each function and place its own', () => {
    const bytes = compileWat(`(module
      (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
      (func (export "f") (param $n i32) (result i32)
        (loop $on
          (drop (call $twice (local.get $n)))
          (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $n)))`);
    const { places, calls, fuelUsed } = exact(bytes, 'f', [5], 1_000);
    // Three of $twice, eight of a round, one at the end.
    assert.equal(fuelUsed, 5 * 3 + 5 * 8 + 1);
    assert.deepEqual(calls, [
      [1, -1, 41, 1, -1],
      // After the locals' count and the local.get of the argument.
      [0, 0, 15, 5, 5],
    ]);
    assert.deepEqual(
      places.filter(([index]) => index === 0),
      // After the locals' count: local.get 0, i32.const 2, i32.mul.
      [
        [0, 1, 5],
        [0, 3, 5],
        [0, 5, 5],
      ],
    );
  });

  it('gives an instruction of a small loop all its rounds, however often it stands in the metered module', () => {
    const bytes = compileWat(`(module (memory 1)
      (func (export "f") (param $n i32)
        (loop $on
          (i32.store8 (local.get $n) (i32.const 1))
          (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
    const { places } = exact(bytes, 'f', [6], 1_000);
    assert.deepEqual(
      places.map(([, , fuel]) => fuel),
      Array(8).fill(6),
    );
    // The seventh store, below address 0, traps.
    const trapped = compileWat(`(module (memory 1)
      (func (export "f") (param $n i32)
        (loop $on
          (i32.store8 (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 1))
          (br $on))))`);
    assert.deepEqual(
      exact(trapped, 'f', [6], 1_000).places.map(([, , fuel]) => fuel),
      [7, 7, 7, 7, 7, 7, 6],
    );
  });

  const PROGRAMS: Record<string, [wat: string, args: unknown[]]> = {
    'a trap in the middle of a stretch': [
      '(func (export "f") (param i32) (drop (i32.const 1)) (drop (i32.div_s (i32.const 1) (local.get 0))) (drop (i32.const 2)))',
      [0],
    ],
    'a trap inside a call': [
      '(func $g unreachable) (func (export "f") (drop (i32.const 1)) (call $g) (drop (i32.const 2)))',
      [],
    ],
    'a branch out of a loop': [
      '(func (export "f") (param $n i32) (block $out (loop $on (br_if $out (i32.eqz (local.get $n))) (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br $on))))',
      [4],
    ],
    'both arms': [
      '(func (export "f") (param $n i32) (result i32) (loop $on (if (i32.and (local.get $n) (i32.const 1)) (then (drop (i32.const 1))) (else nop nop)) (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $n))',
      [5],
    ],
    'an arm that goes back': [
      '(func (export "f") (param $n i32) (loop $on (if (local.get $n) (then (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br $on)))))',
      [3],
    ],
    br_table: [
      '(func (export "f") (param $n i32) (loop $on (block $c (block $b (block $a (br_table $a $b $c (local.get $n))) nop) nop nop) (br_if $on (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 4)))))',
      [0],
    ],
    'tail calls': [
      '(func $even (param i32) (if (local.get 0) (then (return_call $odd (i32.sub (local.get 0) (i32.const 1)))))) (func $odd (param i32) (if (local.get 0) (then (return_call $even (i32.sub (local.get 0) (i32.const 1)))))) (func (export "f") (call $even (i32.const 7)) (drop (i32.const 1)))',
      [],
    ],
    'recursion, folded': [
      '(func $fib (export "f") (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0)) (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))',
      [7],
    ],
    'calls through a table, of a host function too': [
      '(import "h" "host" (func $host (param i32) (result i32))) (type $t (func (param i32) (result i32))) (table funcref (elem $host $id)) (func $id (param i32) (result i32) (local.get 0)) (func (export "f") (drop (call_indirect (type $t) (i32.const 3) (i32.const 0))) (drop (call_indirect (type $t) (i32.const 3) (i32.const 1))) (drop (call $host (i32.const 1))))',
      [],
    ],
    'growth and bulk instructions in a loop': [
      '(memory 1) (func (export "f") (param $n i32) (loop $on (drop (memory.grow (i32.const 1))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 9)) (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))',
      [4],
    ],
    'arithmetic that makes NaNs': [
      '(memory 1) (func (export "f") (param $n i32) (local $x f64) (loop $on (local.set $x (f64.div (local.get $x) (f64.const 0))) (f64.store (i32.const 0) (local.get $x)) (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))',
      [3],
    ],
    'a return out of blocks, with several results': [
      '(func $two (param i32) (result i32 i64) (block (if (local.get 0) (then (return (i32.const 1) (i64.const 2))))) (i32.const 3) (i64.const 4)) (func (export "f") (call $two (i32.const 0)) drop drop (call $two (i32.const 1)) drop drop)',
      [],
    ],
    'calls too deep': ['(func $f (export "f") (call $f))', []],
  };
  for (const [name, [wat, args]] of Object.entries(PROGRAMS)) {
    it(`is exact for ${name}, at every smaller budget too`, () => {
      const bytes = compileWat(`(module ${wat})`);
      const { fuelUsed } = exact(bytes, 'f', args, 10_000);
      for (let budget = 0; budget <= Math.min(fuelUsed + 1, 400); budget++) exact(bytes, 'f', args, budget);
    });
  }

  it('has the start function’s', () => {
    const bytes = compileWat(
      '(module (func $s (drop (i32.const 1))) (start $s) (func (export "f") (drop (i32.const 1)) nop))',
    );
    const { calls, fuelUsed } = exact(bytes, 'f', [], 100);
    assert.equal(fuelUsed, 5);
    assert.deepEqual(
      calls.map(([index, parent, fuel]) => [index, parent, fuel]),
      [
        [0, -1, 2],
        [1, -1, 3],
      ],
    );
  });

  it('is exact for generated programs, whichever budget they have', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 20, maxLength: 250 }), fc.nat(3_000), (tape, budget) => {
        const bytes = compileWat(generateProgram(tape));
        exact(bytes, 'f0', [3, 11n], 20_000);
        exact(bytes, 'f0', [3, 11n], budget);
      }),
      { numRuns: 150 },
    );
  });
});
