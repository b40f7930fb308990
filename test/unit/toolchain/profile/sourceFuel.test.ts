import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { PROGRAM_LIMITS } from '../../../../program/programLimits.ts';
import { recordBuild } from '../../../../toolchain/compile/buildRecord.ts';
import { buildTool } from '../../../../toolchain/compile/buildTool.ts';
import { makeStamp, stampSection } from '../../../../toolchain/compile/sourceStamp.ts';
import type { RunProfile } from '../../../../toolchain/profile/profileRun.ts';
import { keptProfileText, newestProfile, PROFILES, sourceFuel } from '../../../../toolchain/profile/sourceFuel.ts';
import { makeProgramState } from '../../../../toolchain/stack/programState.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';
import { section, text, wasmModule } from '../../../helpers/wasmBytes.ts';

const SOURCE = '(module)';

describe('fuel of a source', () => {
  let scratch: Awaited<ReturnType<typeof scratchProgram>>;
  let module: Uint8Array;
  const fuel = (file = 'a.wat') => sourceFuel(scratch.program.root, scratch.tasklet, join(scratch.program.root, file));
  const keep = async (content: string) =>
    (await makeProgramState(scratch.program.root, PROFILES)).write(newestProfile('demo'), content);

  /** A profile of the built module, with these lines. */
  function profile(lines: Array<[file: string | null, line: number, fuel: number, total: number]>): RunProfile {
    return {
      run_id: 'r',
      tasklet: 'demo',
      module_sha256: createHash('sha256').update(module).digest('hex'),
      fuel_used: 200,
      functions: [],
      lines: lines.map(([file, line, own, total]) => ({ file, line, fuel: own, total, library: 0 })),
      calls: [],
      lines_left_out: null,
      flame_graph: null,
      unwritten: null,
    };
  }

  beforeEach(async () => {
    scratch = await scratchProgram('a.wat', { 'a.wat': SOURCE });
    const { name, content } = stampSection(
      makeStamp(buildTool(scratch.tasklet), [{ path: 'a.wat', content: Buffer.from(SOURCE) }]),
    );
    module = wasmModule(section(0, text(name ?? ''), [...content]));
    await scratch.write('build/demo.wasm', module);
    await recordBuild(scratch.program, scratch.tasklet, module, null);
  });
  afterEach(async () => await scratch[Symbol.asyncDispose]());

  it('is that of its own lines, with their shares of the run', async () => {
    assert.deepEqual(await fuel(), []);
    await keep(
      keptProfileText(
        profile([
          ['a.wat', 3, 50, 100],
          ['b.wat', 4, 1, 1],
          [null, 0, 7, 7],
        ]),
      ),
    );
    assert.deepEqual(await fuel(), [{ line: 3, fuel: 50, total: 100, share: 0.5 }]);
    assert.deepEqual(await fuel('b.wat'), [{ line: 4, fuel: 1, total: 1, share: 1 / 200 }]);
    assert.deepEqual(await fuel('c.wat'), []);
  });

  it('is none once the source or the module is another one', async () => {
    await keep(keptProfileText(profile([['a.wat', 3, 50, 100]])));
    await scratch.write('a.wat', '(module )');
    assert.deepEqual(await fuel(), []);
    await scratch.write('a.wat', SOURCE);
    assert.equal((await fuel()).length, 1);
    await scratch.write('build/demo.wasm', Buffer.concat([module, Buffer.from(section(0, text('more')))]));
    assert.deepEqual(await fuel(), []);
  });

  it('is kept of a module of many megabytes, whose whole profile would not be read again', async () => {
    const lines = Array.from({ length: 150_000 }, (_, line): [string, number, number, number] => ['a.wat', line, 1, 2]);
    const large = profile(lines);
    const called = {
      index: 1,
      name: 'tasklets/render/markdown/Document#render',
      fuel: 1,
      total: 2,
      calls: 3,
      for: [],
      for_run: 0,
    };
    large.functions = Array.from({ length: 100_000 }, () => called);
    assert.ok(JSON.stringify(large).length > PROGRAM_LIMITS.profile);
    await keep(keptProfileText(large));
    assert.equal((await fuel()).length, lines.length);
  });

  for (const content of [
    '',
    'null',
    '[]',
    '{"module_sha256":1,"fuel_used":1,"lines":[]}',
    '{"module_sha256":"a","fuel_used":1,"lines":[null]}',
    '{"module_sha256":"a","fuel_used":1,"lines":[{"file":1,"line":1,"fuel":1,"total":1}]}',
  ]) {
    it(`is none in a file that came with the program: ${content}`, async () => {
      const sha256 = createHash('sha256').update(module).digest('hex');
      await keep(content.replace('"a"', `"${sha256}"`));
      assert.deepEqual(await fuel(), []);
    });
  }
});
