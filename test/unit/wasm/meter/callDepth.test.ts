import assert from 'node:assert/strict';
import { compileWat } from '../../../helpers/compileWat.ts';
import { instantiateMetered, PLENTY, TOO_DEEP } from '../../../helpers/runMetered.ts';

describe('meter: depth of calls', () => {
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
