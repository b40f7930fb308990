import assert from 'node:assert/strict';
import { INLINED_BYTES } from '../../wasm/read/compileCost.ts';
import { readModule } from '../../wasm/read/readModule.ts';
import { compileWat } from './compileWat.ts';
import { instantiateMetered } from './runMetered.ts';

/** A program whose fuel is counted by hand. */
export interface CountedProgram {
  what: string;
  wat: string;
  args?: unknown[];
  /** Counted by hand: instructions executed, `block`, `loop`, `else` and `end` excepted. */
  fuel: number;
  result?: unknown;
  trap?: RegExp;
}

/** The text of a module whose function `f` has this `body`. */
export const functionF = (head: string, body: string, rest = ''): string =>
  `(module ${rest} (func $f (export "f") ${head} ${body}))`;

/** Declares the three tests of one program: its count, its count apart, each smaller budget. */
export function itIsCounted({ what, wat, args = [], fuel, result, trap }: CountedProgram): void {
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
