import assert from 'node:assert/strict';
import { missingForConformance, runConformance } from '../../conformance/runConformance.ts';

describe('WebAssembly conformance scripts', () => {
  const missing = missingForConformance();
  const title = 'agree with their expectations, plain and metered, and fuel is what a reference interpreter executes';
  if (missing !== undefined) {
    it.skip(`${title} (skipped: ${missing})`);
    return;
  }
  it(title, () => {
    const results = runConformance();
    assert.deepEqual(
      results.flatMap((result) => result.disagreements),
      [],
    );
    assert.deepEqual(
      results.flatMap((result) => result.fuelMismatches),
      [],
    );
    const compared = results.reduce((sum, result) => sum + result.fuelCompared, 0);
    assert.ok(compared > 15_000, `the fuel of only ${compared} calls was compared`);
    const assertions = results.reduce((sum, result) => sum + result.assertions, 0);
    const skipped = results.flatMap((result) => result.skipped).reduce((sum, one) => sum + one.count, 0);
    assert.ok(assertions > 15_000, `only ${assertions} assertions were run`);
    assert.ok(skipped < 0.03 * assertions, `${skipped} commands were skipped`);
  });
});
