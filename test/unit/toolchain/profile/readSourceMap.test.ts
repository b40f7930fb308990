import assert from 'node:assert/strict';
import { PROGRAM_LIMITS } from '../../../../program/programLimits.ts';
import { lookAtSourceMap, mapFileLeftOut, readSourceMap } from '../../../../toolchain/profile/readSourceMap.ts';

const MAP = { version: 3, sources: ['tasklets/a.ts'], sourcesContent: ['a'], names: [], mappings: 'AAAA' };
const mapOf = (more: object) => JSON.stringify({ ...MAP, ...more });
const padded = (length: number) => mapOf({ mappings: 'AAAA'.padEnd(length, ';') });

describe('a source map that comes with a program', () => {
  for (const [what, text] of [
    ['a map', mapOf({})],
    ['a map with as many mappings as it may have', padded(PROGRAM_LIMITS.mappings)],
  ] as const)
    it(`is read: ${what}`, () => {
      const { map, leftOut } = lookAtSourceMap(text);
      assert.equal(leftOut, null);
      assert.equal(map?.texts.get('tasklets/a.ts'), 'a');
    });

  it('is left out with a reason when it has more mappings', () => {
    const { map, leftOut } = lookAtSourceMap(padded(PROGRAM_LIMITS.mappings + 1));
    assert.equal(map, null);
    assert.equal(leftOut?.code, 'source_map_too_large');
    assert.match(leftOut.message, /^The source map has 4194305 characters of mappings, and at most 4194304 are read/);
    assert.equal(readSourceMap(padded(PROGRAM_LIMITS.mappings + 1)), null);
  });

  it('is left out with a reason when its file is too large', () => {
    const { code, message } = mapFileLeftOut(PROGRAM_LIMITS.sourceMap + 1);
    assert.equal(code, 'source_map_too_large');
    assert.match(message, /^The source map has 33554433 bytes, and at most 33554432 are read/);
  });

  for (const [what, text] of [
    ['no JSON', '{'],
    ['null', 'null'],
    ['a map of sections', mapOf({ mappings: undefined, sections: [] })],
    ['sources that are no texts', mapOf({ sources: [1] })],
  ] as const)
    it(`is none, which is no reason: ${what}`, () => {
      assert.deepEqual(lookAtSourceMap(text), { map: null, leftOut: null });
    });
});
