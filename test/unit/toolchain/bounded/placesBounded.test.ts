/** Places of a failed run, found in what a stranger may have built. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PROGRAM_LIMITS } from '../../../../program/programLimits.ts';
import { placesBounded } from '../../../../toolchain/bounded/placesBounded.ts';
import type { FailedRun } from '../../../../toolchain/bounded/workMessages.ts';
import { readSourceMap } from '../../../../toolchain/profile/readSourceMap.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

const MODULE = compileWat('(module (func $boom unreachable) (export "boom" (func $boom)))');
const RUN: FailedRun = {
  error: { code: 'trap_unreachable', message: 'unreachable', frames: [{ function: 0, offset: 1 }] },
  module_sha256: createHash('sha256').update(MODULE).digest('hex'),
};
const TEXT = 'export function boom(): void {\n  unreachable();\n}\n';
/** Puts each byte of a small module on the second line of the source. */
const MAPPINGS = `AACE${',CAAA'.repeat(200)}`;

function mapOf(changes: object = {}): string {
  return JSON.stringify({
    version: 3,
    sources: ['../tasklets/a.ts'],
    names: [],
    mappings: MAPPINGS,
    sourcesContent: [TEXT],
    ...changes,
  });
}

describe('places in what a stranger may have built', function () {
  this.timeout(60_000);
  let scratch: ScratchProgram;

  before(async () => {
    scratch = await scratchProgram('build/demo.wasm', { 'build/demo.wasm': MODULE });
  });

  after(async () => scratch[Symbol.asyncDispose]());

  const placesWith = async (map: string, run = RUN) => {
    await scratch.write('build/demo.wasm.map', map);
    const places = await placesBounded(scratch.root, scratch.tasklet, run, '', AbortSignal.timeout(50_000));
    return places.map(({ file, line, left_out }) => left_out?.code ?? (file === null ? '-' : `${file}:${line}`));
  };

  it('finds the line that an honest map names', async () => {
    assert.deepEqual(await placesWith(mapOf()), ['tasklets/a.ts:2']);
  });

  const long = PROGRAM_LIMITS.mappings + 1;
  const said = 'source_map_too_large';
  const hostile: Array<[what: string, map: string, reason?: string]> = [
    ['more mappings than a module has', mapOf({ mappings: `${MAPPINGS}${',CAAA'.repeat(long / 5)}` }), said],
    ['more mappings without a comma', mapOf({ mappings: 'A'.repeat(long) }), said],
    ['more empty lines', mapOf({ mappings: ';'.repeat(long) }), said],
    ['levels without end', `${'['.repeat(8 * 1024 ** 2)}`],
    ['levels that close', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a map inside of sections', JSON.stringify({ version: 3, sections: [{ offset: { line: 0, column: 0 } }] })],
    ['sources that are no names', mapOf({ sources: [{}, 1, null] })],
    ['no JSON', '{'],
    ['a text longer than a map may be', ' '.repeat(PROGRAM_LIMITS.sourceMap + 1), said],
  ];
  for (const [what, map, reason] of hostile) {
    it(`finds the function and no line in ${what}, ${reason === undefined ? '' : 'says why, '}and ends`, async () => {
      assert.deepEqual(await placesWith(map), ['-', ...(reason === undefined ? [] : [reason])]);
    });
  }

  it('finds the line in a source of one endless line', async () => {
    const endless = `${'export function '.repeat(1_000_000)}\n  unreachable();`;
    assert.deepEqual(await placesWith(mapOf({ sourcesContent: [endless] })), ['tasklets/a.ts:2']);
  });

  it('finds nothing for the run of another module', async () => {
    assert.deepEqual(await placesWith(mapOf(), { ...RUN, module_sha256: '0'.repeat(64) }), []);
  });

  it('takes a map with as many mappings as it may have', () => {
    const most = mapOf({ mappings: `${MAPPINGS},CAAA`.padEnd(PROGRAM_LIMITS.mappings, ';') });
    assert.notEqual(readSourceMap(most), null);
  });

  it('ends with the signal', async () => {
    const search = placesBounded(scratch.root, scratch.tasklet, RUN, '', AbortSignal.abort(new Error('enough')));
    await assert.rejects(search, /enough/);
  });
});
