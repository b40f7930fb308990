import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tasklet } from '../../../../program/manifest.ts';
import { recordBuild } from '../../../../toolchain/compile/buildRecord.ts';
import { buildTool } from '../../../../toolchain/compile/buildTool.ts';
import { makeStamp, stampSection } from '../../../../toolchain/compile/sourceStamp.ts';
import { staleness } from '../../../../toolchain/compile/staleness.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';
import { section, text, wasmModule } from '../../../helpers/wasmBytes.ts';

/** A module with the stamp of a build of these files by this tool. */
function stamped(tool: string, files: Record<string, string>): Uint8Array {
  const all = Object.entries(files).map(([path, content]) => ({ path, content: Buffer.from(content) }));
  const { name, content } = stampSection(makeStamp(tool, all));
  return wasmModule(section(0, text(name ?? ''), [...content]));
}

describe('a module and its sources', () => {
  let program: Awaited<ReturnType<typeof scratchProgram>>;
  let tasklet: Tasklet;
  const SOURCE = '(module)';
  const state = async (one = tasklet) => (await staleness(program.program, one)).state;
  /** Puts the module, as a build of this user here. */
  const built = async (module: Uint8Array) => {
    await program.write('build/demo.wasm', module);
    await recordBuild(program.program, tasklet, module, null);
  };
  const whole = () => stamped(buildTool(tasklet), { 'a.wat': SOURCE });

  beforeEach(async () => {
    program = await scratchProgram('a.wat', { 'a.wat': SOURCE });
    tasklet = program.tasklet;
  });
  afterEach(async () => await program[Symbol.asyncDispose]());

  it('is missing, and fresh once it was built here, with the bytes that were compared', async () => {
    assert.equal(await state(), 'missing');
    await built(whole());
    const found = await staleness(program.program, tasklet);
    assert.equal(found.state, 'fresh');
    assert.deepEqual(Buffer.from(found.kept?.module ?? []), Buffer.from(whole()));
    assert.equal(found.kept?.bound, tasklet.linear_memory_bytes);
  });

  it('is of somebody else when nothing says that this user built it here', async () => {
    await program.write('build/demo.wasm', whole());
    assert.equal(await state(), 'foreign');
    await built(whole());
    await program.write('build/demo.wasm', Buffer.concat([whole(), Buffer.from(section(0, text('more')))]));
    assert.equal(await state(), 'foreign');
  });

  it('is of somebody else when its source map came from elsewhere', async () => {
    await built(whole());
    await program.write('build/demo.wasm.map', '{}');
    assert.equal(await state(), 'foreign');
  });

  const stale: Array<[what: string, make: () => Promise<unknown>]> = [
    ['its source changed', async () => program.write('a.wat', '(module )')],
    ['another tool built it', async () => built(stamped('grafos-build@0', { 'a.wat': SOURCE }))],
    ['it was built from another file', async () => built(stamped(buildTool(tasklet), { 'b.wat': SOURCE }))],
    ['one of its files is gone', async () => built(stamped(buildTool(tasklet), { 'a.wat': SOURCE, 'b.wat': '' }))],
    [
      'it names a file outside of the program',
      async () => built(stamped(buildTool(tasklet), { 'a.wat': SOURCE, '../b.wat': '' })),
    ],
    [
      'it names an absolute path',
      async () => built(stamped(buildTool(tasklet), { 'a.wat': SOURCE, '/etc/passwd': '' })),
    ],
    ['it names a path of Windows', async () => built(stamped(buildTool(tasklet), { 'a.wat': SOURCE, 'C:/x': '' }))],
  ];
  for (const [what, make] of stale) {
    it(`is stale when ${what}`, async () => {
      await built(whole());
      await make();
      assert.equal(await state(), 'stale');
    });
  }

  it('is stale when a file appeared that the compiler takes before one of its own', async () => {
    const script = { ...tasklet, source: 'a.ts', kind: 'assemblyscript' as const };
    const files = { 'a.ts': '1', 'lib/index.ts': '2' };
    for (const [path, content] of Object.entries(files)) await program.write(path, content);
    await program.write('build/demo.wasm', stamped(buildTool(script), files));
    assert.equal(await state(script), 'foreign');
    await program.write('lib.ts', '');
    assert.equal(await state(script), 'stale');
  });

  it('is broken when it is no module, and unknown without a stamp', async () => {
    await program.write('build/demo.wasm', 'hello');
    assert.equal(await state(), 'broken');
    await program.write('build/demo.wasm', wasmModule());
    const later = new Date(Date.now() + 60_000);
    await utimes(join(program.root, 'build/demo.wasm'), later, later);
    assert.equal(await state(), 'unknown');
    await utimes(join(program.root, 'a.wat'), new Date(later.getTime() + 1000), new Date(later.getTime() + 1000));
    assert.equal(await state(), 'stale');
  });

  it('of a tasklet that is WebAssembly itself is fresh as long as both are the same', async () => {
    const prebuilt = { ...tasklet, source: 'in/a.wasm', kind: 'wasm' as const };
    await program.write('build/demo.wasm', 'the same');
    assert.equal(await state(prebuilt), 'fresh');
    await program.write('in/a.wasm', 'the same');
    assert.equal(await state(prebuilt), 'fresh');
    await program.write('in/a.wasm', 'another');
    assert.equal(await state(prebuilt), 'stale');
  });

  it('is an error where its place is a folder', async () => {
    await program.write('build/demo.wasm/x', '');
    await assert.rejects(state(), { code: 'not_a_file' });
  });
});
