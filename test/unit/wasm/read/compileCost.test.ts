import assert from 'node:assert/strict';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { expensiveModule } from '../../../hostile/expensiveCode.ts';

/** Code, how often, locals; whether it is left to the optimizing compiler without a trial. */
const ROWS: Array<[name: string, count: number, locals: number, isCostly: boolean]> = [
  ['additions', 7_000, 1, false],
  ['additions', 8_000, 1, true],
  ['ifs one after another', 9_000, 1, false],
  ['ifs one after another', 550, 1_000, true],
  ['loops that go round', 190, 1, false],
  ['loops that go round', 210, 1, true],
  ['loops one after another', 190, 90, false],
  ['loops one after another', 190, 110, true],
  ['values that change places in loops inside each other', 100, 1, false],
  ['values that change places in loops inside each other', 1_560, 1, true],
  ['operands on the stack', 900, 1, false],
  ['operands on the stack', 1_100, 1, true],
  ['many values out of a call and into another', 4, 1, false],
  ['many values out of a call and into another', 6, 1, true],
];

describe('what a function may cost a compiler', () => {
  for (const [name, count, locals, isCostly] of ROWS) {
    it(`${count} ${name} with ${locals} locals: ${isCostly ? 'a trial first' : 'small'}`, () => {
      assert.equal(readModule(expensiveModule(name, count, locals)).cost.costly.includes(3), isCostly);
    });
  }
});
