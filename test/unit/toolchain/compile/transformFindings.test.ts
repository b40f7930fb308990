import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { BuildFailedError } from '../../../../toolchain/compile/buildFailed.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { compileAssemblyScript } from '../../../../toolchain/compile/compileAssemblyScript.ts';
import type { Finding } from '../../../../toolchain/validate/finding.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { applyEdits } from '../../../helpers/applyFix.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

const SOURCE = 'tasklets/demo.ts';

/** `code file:line` of the findings on transforms. */
const marks = (root: string, findings: readonly Finding[]) =>
  findings
    .filter(({ code }) => code === 'GRF2112' || code === 'GRF2113')
    .map(({ code, file, range }) => `${code} ${relative(root, file).replaceAll('\\', '/')}:${range.start.line + 1}`);

const check = ({ program, tasklet }: ScratchProgram) => compileAssemblyScript({ program, tasklet, checkOnly: true });

describe('decorators and packages for a transform of the compiler', () => {
  it('finds decorators wherever AssemblyScript takes them, once a name and file, and knows its own', async () => {
    const text = `import { Other } from "./other";
@json
class A {
  @alias("b") b: i32 = 1;
  @omit
  get c(): i32 { return 1; }
  @json d(): void {}
  @inline e(): i32 { return this.b; }
  @operator("+") f(other: A): A { return other; }
  @operator.binary("-") g(other: A): A { return other; }
}
@serde.struct("x") enum E { X }
namespace N { @traced export function f(): void {} }
@config const K: i32 = 1;
@lazy let lazy: i32 = 2;
@unmanaged class P { x: i32 = 0; }
@final class F {}
@mixin interface I {}
@external("fabricbios_fbmu_v0", "fbmu_hello") declare function hello(): i64;
export default class D { @logged m(): void {} }
export function compute(input: string): string { return input; } // @notOne
`;
    await using scratch = await scratchProgram(SOURCE, {
      [SOURCE]: text,
      'tasklets/other.ts': '@json\nexport class Other {}\n',
    });
    const { diagnostics } = await check(scratch);
    const found = diagnostics.filter(({ code }) => code === 'GRF2112');
    const lines = text.split('\n');
    assert.deepEqual(
      found.map(({ file, range }) => {
        const line = file.endsWith('other.ts') ? 'other.ts' : lines[range.start.line];
        return file.endsWith('other.ts') ? line : line?.slice(range.start.character, range.end.character);
      }),
      ['@json', '@alias', '@omit', '@serde.struct', '@traced', '@config', '@mixin', '@logged', 'other.ts'],
    );
    for (const { message, severity } of found) {
      assert.equal(severity, 'error');
      assert.match(message, /^@[a-z.]+ is no decorator of AssemblyScript.*Json of grafos-std/);
    }
  });

  it('takes a decorator that is nearly one of the language for a slip, and mends it', async () => {
    const text =
      '@inlin function one(): i32 { return 1; }\nexport function compute(input: string): string { return one().toString(); }\n';
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: text });
    const [found] = (await check(scratch)).diagnostics;
    assert.match(found?.message ?? '', /Did you mean @inline\?$/);
    await scratch.write(SOURCE, applyEdits(text, found?.fix?.edits ?? []));
    assert.deepEqual((await check(scratch)).diagnostics, []);
  });

  const DIST =
    'import { Transform } from "assemblyscript/dist/transform.js";\nexport default class extends Transform {}\n';
  const VISITOR = '"use strict";var t=require("visitor-as/as");module.exports=class extends t.TransformVisitor{};\n';
  const PLAIN = 'export const transform = "none";\n';
  const PACKAGES: Array<[name: string, files: Record<string, string>, isFound: boolean]> = [
    ['as-main', { 'package.json': '{"main":"./transform/lib/index.js"}', 'transform/lib/index.js': DIST }, true],
    ['@scope/visitor', { 'package.json': '{"main":"dist/t.cjs.js"}', 'dist/t.cjs.js': VISITOR }, true],
    ['as-exports', { 'package.json': '{"exports":{".":{"import":"./lib.mjs"}}}', 'lib.mjs': DIST }, true],
    ['as-subpath', { 'package.json': '{"exports":{"./transform":"./t.js"}}', 't.js': DIST }, true],
    ['as-folder', { 'transform/index.js': DIST }, true],
    ['as-asconfig', { 'asconfig.json': '{"options":{"transform":["./t.js"]}}' }, true],
    ['as-decorated', { 'index.ts': '@json class Hidden {}\nexport function value(): i32 { return 1; }\n' }, true],
    [
      'as-library',
      { 'package.json': '{"main":"assembly/index.ts"}', 'asconfig.json': '{"options":{"transform":[]}}' },
      false,
    ],
    ['as-javascript', { 'package.json': '{"main":"index.js"}', 'index.js': PLAIN }, false],
    ['as-broken', { 'package.json': '{"main":', 'asconfig.json': '[' }, false],
    ['as-outside', { 'package.json': '{"main":"../../../elsewhere.js"}' }, false],
    ['as-other-export', { 'package.json': '{"exports":{"./tests":"./t.js"}}', 't.js': DIST }, false],
  ];

  it('finds packages that bring one, however they say so, at the import', async () => {
    const imports = PACKAGES.map(([name], index) => `import { value as v${index} } from "${name}";\n`).join('');
    const calls = PACKAGES.map((_, index) => `v${index}()`).join(' + ');
    const text = `${imports}export function compute(input: string): string { return (${calls}).toString(); }\n`;
    const files: Record<string, string> = { [SOURCE]: text, 'elsewhere.js': PLAIN };
    for (const [name, own] of PACKAGES) {
      files[`node_modules/${name}/index.ts`] = 'export function value(): i32 { return 1; }\n';
      for (const [path, content] of Object.entries(own)) files[`node_modules/${name}/${path}`] = content;
    }
    await using scratch = await scratchProgram(SOURCE, files);
    const { diagnostics } = await check(scratch);
    const lines = PACKAGES.flatMap(([, , isFound], index) => (isFound ? [`GRF2113 ${SOURCE}:${index + 1}`] : []));
    assert.deepEqual(marks(scratch.root, diagnostics), lines);
    assert.deepEqual(new Set(diagnostics.map(({ severity }) => severity)), new Set(['warning']));
    assert.match(diagnostics[0]?.message ?? '', /"as-main" brings a transform of the compiler \(\.\/transform\/lib/);
  });

  it('ends a build, names the package, and is the same in validate', async () => {
    await using scratch = await scratchProgram(SOURCE, {
      [SOURCE]:
        'import { JSON } from "as-points/assembly";\n@json\nclass Point { x: i32 = 1; }\nexport function compute(input: string): string { return JSON.stringify(new Point()); }\n',
      'node_modules/as-points/package.json': '{"main":"transform.js"}',
      'node_modules/as-points/transform.js': DIST,
      'node_modules/as-points/assembly/index.ts':
        'export namespace JSON { export function stringify<T>(value: T): string { throw new Error("no transform"); } }\n',
    });
    const expected = [`GRF2113 ${SOURCE}:1`, `GRF2112 ${SOURCE}:2`];
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
      assert.ok(error instanceof BuildFailedError);
      assert.deepEqual(marks(scratch.root, error.findings), expected);
      assert.match(error.findings[1]?.message ?? '', /as-points has such a transform/);
      return true;
    });
    assert.deepEqual(marks(scratch.root, await validate(join(scratch.root))), expected);
  });
});
