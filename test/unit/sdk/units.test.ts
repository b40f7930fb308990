import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';
import { runUnits } from '../../../toolchain/compile/runUnits.ts';

const units = (name: string) => runUnits(join(packageRoot, 'test', 'fixtures', 'sdk', 'units', name));

describe("grafos-std's own units, run in wasm", () => {
  it('pass', async () => {
    const results = await units('text.ts');
    assert.ok(results.length >= 5);
    assert.deepEqual(
      results.filter(({ failure }) => failure !== null),
      [],
    );
  });

  it('are told apart from failing ones, with message and place', async () => {
    const [fails, throws, passes] = await units('failing.ts');
    assert.match(fails?.failure ?? '', /grüß 😀.*failing\.ts:3:3/);
    assert.deepEqual(fails?.traced, ['about to fail']);
    assert.match(throws?.failure ?? '', /on purpose.*failing\.ts:7:3/);
    assert.equal(passes?.failure, null);
  });
});
