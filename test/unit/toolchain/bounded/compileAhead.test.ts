import assert from 'node:assert/strict';
import { findTasklet, loadProgram, type Program } from '../../../../program/loadProgram.ts';
import type { Tasklet } from '../../../../program/manifest.ts';
import { CompileAhead } from '../../../../toolchain/bounded/compileAhead.ts';
import { compileBounded } from '../../../../toolchain/bounded/compileBounded.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const text = (word: string) => `export function compute(input: string): string { return input + "${word}"; }\n`;

function read(root: string): { program: Program; tasklet: Tasklet } {
  const program = loadProgram(root);
  return { program, tasklet: findTasklet(program, undefined) };
}

/** A program that no thread can be given: only a result that is there already can be the answer. */
function unsendable(program: Program): Program {
  return { ...program, manifest: { ...program.manifest, name: (() => '') as unknown as string } };
}

describe('a compile ahead of the build', function () {
  this.timeout(60_000);
  const logged: string[] = [];
  const ahead = () => new CompileAhead((line) => logged.push(line));

  afterEach(() => assert.deepEqual(logged.splice(0), []));

  it('is the answer to the build, once', async () => {
    await using scratch = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': text('one') });
    const { program, tasklet } = read(scratch.root);
    const one = ahead();
    one.warm();
    one.begin(async () => ({ program, tasklet }));
    const compiled = await one.compile(unsendable(program), tasklet, undefined);
    assert.deepEqual(compiled, await compileBounded(program, tasklet, undefined));
    await assert.rejects(one.compile(unsendable(program), tasklet, undefined), { name: 'DataCloneError' });
  });

  it('of a source that changed since is compiled again', async () => {
    await using scratch = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': text('one') });
    const { program, tasklet } = read(scratch.root);
    const one = ahead();
    one.begin(async () => ({ program, tasklet }));
    await one.compile(unsendable(program), tasklet, undefined);
    one.begin(async () => ({ program, tasklet }));
    await scratch.write('tasklets/demo.ts', text('other'));
    const { wasm } = await one.compile(program, tasklet, undefined);
    assert.ok(Buffer.from(wasm ?? []).includes(Buffer.from('other', 'utf16le')));
  });

  it('with other limits or features in the manifest is compiled again', async () => {
    await using scratch = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': text('one') });
    const { program, tasklet } = read(scratch.root);
    const one = ahead();
    one.begin(async () => ({ program, tasklet }));
    const { wasm } = await one.compile(program, { ...tasklet, features: [] }, undefined);
    assert.deepEqual(wasm, (await compileBounded(program, { ...tasklet, features: [] }, undefined)).wasm);
  });

  it('of a source with faults leaves the findings to the build', async () => {
    await using scratch = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': 'let wrong: i32 = "";\n' });
    const { program, tasklet } = read(scratch.root);
    const one = ahead();
    one.begin(async () => ({ program, tasklet }));
    const { wasm, diagnostics } = await one.compile(program, tasklet, undefined);
    assert.equal(wasm, null);
    assert.ok(diagnostics.some(({ code }) => code === 'GRF2101'));
  });

  it('of a tasklet that is gone is none', async () => {
    await using scratch = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': text('one') });
    const { program, tasklet } = read(scratch.root);
    const one = ahead();
    one.begin(async () => null);
    assert.notEqual((await one.compile(program, tasklet, undefined)).wasm, null);
  });

  it('does not hold up a build that is cancelled', async () => {
    await using scratch = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': text('one') });
    const { program, tasklet } = read(scratch.root);
    const one = ahead();
    const { promise: never, resolve: end } = Promise.withResolvers<null>();
    one.begin(() => never);
    const cancel = new AbortController();
    const build = one.compile(program, tasklet, cancel.signal);
    cancel.abort(new Error('cancelled'));
    await assert.rejects(build, /cancelled/);
    end(null);
  });
});
