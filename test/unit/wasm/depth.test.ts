import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { LIMITS } from '../../../base/limits.ts';
import { balanceOf, FUEL_MAX, fuelLeft } from '../../../wasm/meter/balance.ts';
import { DEEP_FRAMES } from '../../helpers/deepFrames.ts';
import { TOO_DEEP } from '../../helpers/runMetered.ts';

const TIERS = {
  'as V8 starts code': [],
  'never optimised': ['--liftoff-only'],
  'all optimised': ['--no-liftoff', '--no-wasm-tier-up'],
};

describe("the meter's bound on depth", () => {
  it('leaves room for the most fuel a run may be given', () => {
    assert.equal(LIMITS.fuelMax, FUEL_MAX);
    assert.equal(fuelLeft(BigInt.asIntN(64, balanceOf(FUEL_MAX, 1))), FUEL_MAX);
    assert.notEqual(fuelLeft(BigInt.asIntN(64, balanceOf(FUEL_MAX + 1))), FUEL_MAX + 1);
  });

  let first: string | undefined;
  for (const [tier, flags] of Object.entries(TIERS)) {
    it(`comes before the engine's, at the same fuel, however large the frames are: ${tier}`, () => {
      const child = join(import.meta.dirname, '../../helpers/deepRuns.ts');
      const ran = spawnSync(process.execPath, [...flags, '--disable-warning=ExperimentalWarning', child], {
        encoding: 'utf8',
        timeout: 120_000,
      });
      assert.equal(ran.status, 0, ran.stderr);
      const lines = ran.stdout.trim().split('\n');
      assert.equal(lines.length, Object.keys(DEEP_FRAMES).length);
      for (const line of lines) assert.match(line, new RegExp(`: ${TOO_DEEP}, \\d+$`));
      first ??= ran.stdout;
      assert.equal(ran.stdout, first);
    }).timeout(130_000);
  }
});
