import assert from 'node:assert/strict';
import type { FuelProfile } from '../../../../daemons/wire/fuelProfile.ts';
import { fuelOfCalls } from '../../../../toolchain/profile/fuelOfCalls.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { profileModule } from '../../../helpers/profileModule.ts';

const nameOf = (index: number) => `f${index}`;
/** Each offset is a line of its own. */
const lineOf = (index: number, at: number) => ({ file: `f${index}`, line: at, column: 1 });
const add = (calls: FuelProfile['calls'], lines: Parameters<typeof fuelOfCalls>[2] = lineOf) =>
  fuelOfCalls(calls, nameOf, lines);

describe('fuel with all that was called', () => {
  it('is that of the calls of each function and line', () => {
    const { ofFunctions, ofLines, frames } = add([
      [1, -1, 10, 1, -1],
      [2, 0, 20, 1, 5],
      [3, 1, 30, 2, 7],
      [3, 0, 40, 1, 6],
    ]);
    assert.deepEqual(
      [...ofFunctions],
      [
        [1, 100],
        [2, 50],
        [3, 70],
      ],
    );
    assert.deepEqual(
      [...ofLines],
      [
        ['f1:5', 50],
        ['f2:7', 30],
        ['f1:6', 40],
      ],
    );
    assert.deepEqual(frames, [
      { name: 'f1', parent: -1, self: 10, total: 100 },
      { name: 'f2', parent: 0, self: 20, total: 50 },
      { name: 'f3', parent: 1, self: 30, total: 30 },
      { name: 'f3', parent: 0, self: 40, total: 40 },
    ]);
  });

  it('has two calls of one function from two lines as one box and two lines', () => {
    const { ofLines, frames } = add([
      [1, -1, 1, 1, -1],
      [2, 0, 5, 1, 3],
      [2, 0, 7, 1, 9],
    ]);
    assert.deepEqual(Object.fromEntries(ofLines), { 'f1:3': 5, 'f1:9': 7 });
    assert.deepEqual(frames, [
      { name: 'f1', parent: -1, self: 1, total: 13 },
      { name: 'f2', parent: 0, self: 12, total: 12 },
    ]);
  });

  it('counts a line once whose code is in a function and in one that it calls', () => {
    const { ofLines } = add(
      [
        [1, -1, 1, 1, -1],
        [2, 0, 5, 1, 3],
        [3, 1, 7, 1, 3],
      ],
      () => ({ file: 'inlined', line: 1, column: 1 }),
    );
    assert.deepEqual([...ofLines], [['inlined:1', 12]]);
  });

  it('leaves out boxes that nobody could see, and never more than some thousand', () => {
    const calls: FuelProfile['calls'] = [[0, -1, 1_000_000, 1, -1]];
    for (let index = 1; index <= 20_000; index++) calls.push([index, 0, 1, 1, index]);
    assert.equal(add(calls).frames.length, 1);
    const even: FuelProfile['calls'] = [[0, -1, 0, 1, -1]];
    for (let index = 1; index <= 1_900; index++) even.push([index, 0, 1_000, 1, index]);
    assert.equal(add(even).frames.length, 1_901);
  });

  it('is nothing of a run that never began', () => {
    assert.deepEqual(add([]), { ofFunctions: new Map(), ofLines: new Map(), frames: [] });
  });

  const real: Array<[string, string, unknown[]]> = [
    [
      'two calls',
      `(func $g (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
       (func (export "f") (param i32) (result i32) (i32.add (call $g (local.get 0)) (call $g (i32.const 3))))`,
      [4],
    ],
    [
      'recursion',
      `(func $f (export "f") (param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
         (then (local.get 0)) (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 2)))))))`,
      [8],
    ],
    [
      'a tail call',
      `(func $h (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
       (func $g (param i32) (result i32) (return_call $h (local.get 0)))
       (func (export "f") (param i32) (result i32) (call $g (local.get 0)))`,
      [4],
    ],
    [
      'calls through a table',
      `(type $t (func (param i32) (result i32))) (table funcref (elem $a $b))
       (func $a (type $t) (local.get 0)) (func $b (type $t) (i32.mul (local.get 0) (local.get 0)))
       (func (export "f") (param i32) (result i32) (i32.add (call_indirect (type $t) (local.get 0) (i32.const 0)) (call_indirect (type $t) (local.get 0) (i32.const 1))))`,
      [3],
    ],
  ];
  for (const [title, wat, args] of real) {
    it(`of the export is all of the run: ${title}`, () => {
      const { calls, fuelUsed } = profileModule(compileWat(`(module ${wat})`), 'f', args, 100_000, {});
      const { ofFunctions, ofLines, frames } = add(calls);
      const [[exported = -1] = []] = calls;
      assert.equal(ofFunctions.get(exported), fuelUsed);
      assert.equal(frames[0]?.total, fuelUsed);
      assert.equal(
        frames.reduce((sum, { self }) => sum + self, 0),
        fuelUsed,
      );
      assert.ok([...ofLines.values()].every((fuel) => fuel <= fuelUsed));
      // Every call has the offset where it was made.
      assert.ok(calls.every(([, parent, , , site]) => (parent === -1 ? site === -1 : site > 0)));
    });
  }
});
