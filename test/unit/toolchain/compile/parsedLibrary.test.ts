import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { loadProgram } from '../../../../program/loadProgram.ts';
import {
  type CompileAssemblyScript,
  type CompiledAssemblyScript,
  compileAssemblyScript,
} from '../../../../toolchain/compile/compileAssemblyScript.ts';

const recipes = readdirSync(join(packageRoot, 'cookbook'), { withFileTypes: true }).flatMap((one) =>
  one.isDirectory() ? one.name : [],
);
const requests: CompileAssemblyScript[] = recipes.flatMap((name) => {
  const program = loadProgram(join(packageRoot, 'cookbook', name));
  return program.manifest.tasklets
    .filter(({ kind }) => kind === 'assemblyscript')
    .map((tasklet) => ({ program, tasklet }));
});

/** A compile that parses the whole library: one that was ended before it leaves nothing kept. */
async function fresh(request: CompileAssemblyScript): Promise<CompiledAssemblyScript> {
  const signal = AbortSignal.abort(new Error('ended'));
  await assert.rejects(compileAssemblyScript({ ...request, signal }), /ended/);
  return compileAssemblyScript(request);
}

/** The source of the tasklet of a request, with more text behind it. */
async function edited(request: CompileAssemblyScript, more: string): Promise<CompiledAssemblyScript> {
  const { program, tasklet } = request;
  const source = join(program.root, tasklet.source);
  const overlay = new Map([[source, (await readFile(source, 'utf8')) + more]]);
  return compileAssemblyScript({ ...request, overlay });
}

describe('the library that is parsed once', function () {
  this.timeout(300_000);
  const expected: CompiledAssemblyScript[] = [];

  before('compile each with a library of its own', async () => {
    for (const request of requests) expected.push(await fresh(request));
    for (const { wasm, diagnostics } of expected) assert.ok(wasm !== null, JSON.stringify(diagnostics));
  });

  it('gives the same modules, maps and findings to compiles one after the other', async () => {
    for (const [at, request] of [...requests.entries()].reverse()) {
      assert.deepEqual(await compileAssemblyScript(request), expected[at], request.tasklet.name);
    }
  });

  it('gives them to compiles that take turns', async () => {
    assert.deepEqual(await Promise.all(requests.map((one) => compileAssemblyScript(one))), expected);
  });

  it('gives them after checks, and after sources with faults in all phases', async () => {
    const [request] = requests;
    assert.ok(request);
    const faulty: Array<[string, RegExp | null]> = [
      ['\n}', /expected/],
      ['\nimport { nothing } from "grafos-std";', /nothing/],
      ['\nimport { nothing } from "no-such-package";', /no-such-package/],
      ['\nexport function odd(): i32 { return "text"; }\nodd();', /not assignable|is not/i],
      ['\nnew Map<string, Array<Nowhere>>();', /Nowhere/],
      ['\n([1, 2]).map<Nowhere>((one) => one);', /Nowhere/],
      ['\nexport function f(a: i32 = f()): i32 { return a; }\nf();', /fault of its own/],
      ['\n// A comment changes no code.', null],
    ];
    for (const [more, fault] of faulty) {
      const { diagnostics } = await edited(request, more);
      if (fault === null) assert.deepEqual(diagnostics, []);
      else assert.match(diagnostics.map(({ message }) => message).join('\n'), fault, more);
      await compileAssemblyScript({ ...request, checkOnly: true });
      assert.deepEqual(await compileAssemblyScript(request), expected[0], more);
    }
  });
});
