import assert from 'node:assert/strict';
import { ModuleCache } from '../../../../../daemons/fabricbiosd/pool/moduleCache.ts';

describe('the artifacts of a cell', () => {
  it('are kept without what they were received with', () => {
    const cache = new ModuleCache();
    cache.put('a', new Uint8Array(1_000_000).subarray(10, 20));
    assert.equal(cache.artifact('a')?.buffer.byteLength, 10);
    const whole = new Uint8Array(100);
    cache.put('b', whole);
    assert.equal(cache.artifact('b'), whole);
  });

  it('are bounded in number too; the one used longest ago goes first', () => {
    const cache = new ModuleCache();
    for (let i = 0; i < 1_024; i++) cache.put(`m${i}`, new Uint8Array(8));
    cache.artifact('m0');
    cache.put('one more', new Uint8Array(8));
    assert.equal(cache.modules, 1_024);
    assert.deepEqual([cache.has('m0'), cache.has('m1'), cache.has('one more')], [true, false, true]);
    assert.equal(cache.artifactBytes, 8 * 1_024);
  });
});
