import assert from 'node:assert/strict';
import { meter } from '../../../wasm/meter/meter.ts';
import { readModule } from '../../../wasm/read/readModule.ts';
import { EXPENSIVE_CODE, expensiveModule } from '../../hostile/expensiveCode.ts';

/**
 * Times as large. A pass that is linear takes about as many times as long, a quadratic one 4 096
 * times.
 */
const FACTOR = 64;
/** Between the two, with room for a busy machine. */
const FACTOR_MAX = 300;
/** Below this the clock and the collector are what is measured, milliseconds. */
const LEAST_MS = 2;

/** The shortest of some tries, milliseconds. */
function shortest(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3; tries++) {
    const begun = performance.now();
    work();
    least = Math.min(least, performance.now() - begun);
  }
  return Math.max(LEAST_MS, least);
}

/** Small enough that the larger one nests no deeper than a module may. */
const COUNT = 150;

describe('reading and metering are linear', function () {
  this.timeout(120_000);
  for (const name of Object.keys(EXPENSIVE_CODE)) {
    it(name, () => {
      const small = expensiveModule(name, COUNT);
      const large = expensiveModule(name, COUNT * FACTOR);
      const read = (bytes: Uint8Array) => () => {
        try {
          readModule(bytes);
        } catch {
          // A bound that is met ends the reading, after all of the function.
        }
      };
      const metered = (bytes: Uint8Array) => () => void meter(bytes, { memoryMaxPages: 16 });
      for (const pass of [read, metered]) {
        const ratio = shortest(pass(large)) / shortest(pass(small));
        assert.ok(ratio < FACTOR_MAX, `${FACTOR} times as large took ${ratio.toFixed(0)} times as long`);
      }
    });
  }
});
