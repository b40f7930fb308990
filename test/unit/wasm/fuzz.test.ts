import assert from 'node:assert/strict';
import { compileWat } from '../../helpers/compileWat.ts';
import { fuzz } from '../../helpers/fuzz.ts';
import { WAT } from '../../helpers/watTasklets.ts';

const SECONDS = 4;

describe('fuzzing', () => {
  it('generated and altered modules agree metered, plain and interpreted', () => {
    const seed = Date.now() % 1_000_000_007;
    const disagreements: string[] = [];
    const modules = [{ bytes: compileWat(WAT.endless), name: '_grafos_tasklet_run' }];
    const result = fuzz({
      seed,
      until: performance.now() + SECONDS * 1000,
      modules,
      onDisagreement: (what, bytes) => disagreements.push(`${what}: ${Buffer.from(bytes).toString('base64')}`),
    });
    assert.deepEqual(disagreements, [], `seed ${seed}`);
    // What is refused before it runs proves little.
    assert.ok(result.interpreted > 30, `only ${result.interpreted} of ${result.tried} modules were interpreted`);
  });
});
