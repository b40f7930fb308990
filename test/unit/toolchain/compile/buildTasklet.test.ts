import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { cp, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../../../base/grafosError.ts';
import { BuildFailedError } from '../../../../toolchain/compile/buildFailed.ts';
import { recordBuild } from '../../../../toolchain/compile/buildRecord.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { buildTool } from '../../../../toolchain/compile/buildTool.ts';
import { compileAssemblyScript } from '../../../../toolchain/compile/compileAssemblyScript.ts';
import { makeStamp, readStamp, stampSection } from '../../../../toolchain/compile/sourceStamp.ts';
import { staleness } from '../../../../toolchain/compile/staleness.ts';
import { readSections, writeSections } from '../../../../toolchain/compile/wasmSections.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { checkProfile } from '../../../../wasm/profile.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';
import { runOnHost } from '../../../helpers/taskletHost.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';
import { WAT } from '../../../helpers/watTasklets.ts';

const SOURCE = 'tasklets/demo.ts';
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is AssemblyScript.
const HELLO = 'export function compute(input: Uint8Array): string {\n  return `{"input_bytes":${input.length}}`;\n}\n';
const IMPORTING =
  'import { twice } from "./lib/twice";\n\nexport function compute(input: Uint8Array): string {\n  return twice(input.length).toString();\n}\n';
const TWICE = 'export function twice(value: i32): i32 {\n  return value * 2;\n}\n';

function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A module with the same stamp and other bytes. */
function oddModule(wasm: Uint8Array): Uint8Array {
  return writeSections([{ id: 0, name: 'odd', content: Uint8Array.of(1) }, ...readSections(wasm)]);
}

/** Puts the records of this user into the place `name` of a new folder, until it is disposed of. */
async function stateHome(name: string, make: (path: string) => Promise<unknown>) {
  const folder = await temporaryFolder();
  const path = join(folder.path, name);
  await make(path);
  const before = process.env.XDG_STATE_HOME;
  process.env.XDG_STATE_HOME = path;
  return {
    path,
    async [Symbol.asyncDispose]() {
      if (before === undefined) delete process.env.XDG_STATE_HOME;
      else process.env.XDG_STATE_HOME = before;
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('building an AssemblyScript tasklet', () => {
  it('gives the same bytes twice and in any folder, and names no folder', async () => {
    const files = { [SOURCE]: IMPORTING, 'tasklets/lib/twice.ts': TWICE };
    await using one = await scratchProgram(SOURCE, files);
    await using other = await scratchProgram(SOURCE, files);
    const first = await buildTasklet(one.program, one.tasklet);
    const wasm = await readFile(first.output);
    const map = await readFile(`${first.output}.map`, 'utf8');
    const again = await buildTasklet(one.program, one.tasklet);
    const elsewhere = await buildTasklet(other.program, other.tasklet);
    assert.deepEqual([again.sha256, elsewhere.sha256], [first.sha256, first.sha256]);
    assert.ok(wasm.equals(await readFile(elsewhere.output)));
    assert.equal(await readFile(`${elsewhere.output}.map`, 'utf8'), map);
    for (const text of [wasm.toString('latin1'), map])
      assert.ok(!text.includes(one.root.slice(1)) && !text.includes('node_modules'));

    assert.deepEqual(
      [first.tasklet, first.kind, first.bytes, first.warnings],
      ['demo', 'assemblyscript', wasm.length, []],
    );
    assert.equal(first.output, join(one.root, 'build', 'demo.wasm'));
    assert.deepEqual(checkProfile(readModule(wasm)), []);
    assert.equal(runOnHost(wasm, { input: 'abc' }).text, '6');
    assert.deepEqual((await readdir(join(one.root, 'build'))).sort(), ['demo.wasm', 'demo.wasm.map']);
  });

  it('keeps a source map that leads to the source and carries its text', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO });
    const { output } = await buildTasklet(scratch.program, scratch.tasklet);
    const map: { version: number; sources: string[]; sourcesContent: string[]; mappings: string } = JSON.parse(
      await readFile(`${output}.map`, 'utf8'),
    );
    assert.equal(map.version, 3);
    assert.equal(map.sourcesContent[map.sources.indexOf('../tasklets/demo.ts')], HELLO);
    assert.ok(map.sourcesContent.every((text) => text.length > 0));
    assert.ok(map.mappings.length > 100);
    assert.ok((await readFile(output)).includes('demo.wasm.map'));
  });

  it('is small: a tasklet pays only for what it uses', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO });
    const { bytes } = await buildTasklet(scratch.program, scratch.tasklet);
    assert.ok(bytes < 2_600, `${bytes} bytes`);
  });

  it('knows by content whether it is stale', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: IMPORTING, 'tasklets/lib/twice.ts': TWICE });
    const state = async () => (await staleness(scratch.program, scratch.tasklet)).state;
    assert.equal(await state(), 'missing');
    const { output } = await buildTasklet(scratch.program, scratch.tasklet);
    assert.equal(await state(), 'fresh');
    assert.deepEqual(readStamp(await readFile(output))?.files, [SOURCE, 'tasklets/lib/twice.ts']);
    await scratch.write('tasklets/lib/twice.ts', TWICE.replace('2', '3'));
    assert.equal(await state(), 'stale');
    await scratch.write('tasklets/lib/twice.ts', TWICE);
    assert.equal(await state(), 'fresh', 'touched, not changed');
    await rm(join(scratch.root, 'tasklets/lib/twice.ts'));
    assert.equal(await state(), 'stale');
    assert.equal(
      (await staleness(scratch.program, { ...scratch.tasklet, source: 'tasklets/other.ts' })).state,
      'stale',
    );
    await scratch.write('build/demo.wasm', 'no module');
    assert.equal(await state(), 'broken');
  });

  const planted: Array<[what: string, plant: (scratch: ScratchProgram, other: ScratchProgram) => Promise<void>]> = [
    [
      'a whole program with its state',
      async (scratch, other) => {
        await cp(other.root, scratch.root, { recursive: true });
      },
    ],
    [
      'a module with the right stamp and other code',
      async (scratch, other) => {
        const stamp = readSections(await readFile(join(other.root, 'build/demo.wasm'))).at(-1);
        const code = compileWat('(module (func (export "_grafos_tasklet_run") unreachable))');
        await buildTasklet(scratch.program, scratch.tasklet);
        await scratch.write('build/demo.wasm', writeSections([...readSections(code), ...(stamp ? [stamp] : [])]));
      },
    ],
    [
      'a module with a stamp that names the entry only',
      async (scratch) => {
        const code = compileWat('(module)');
        const stamp = makeStamp(buildTool(scratch.tasklet), [{ path: SOURCE, content: Buffer.from(IMPORTING) }]);
        await scratch.write('build/demo.wasm', writeSections([...readSections(code), stampSection(stamp)]));
      },
    ],
    [
      'another source map',
      async (scratch) => {
        await buildTasklet(scratch.program, scratch.tasklet);
        await scratch.write('build/demo.wasm.map', '{}');
      },
    ],
    [
      'an update that brings another module, and a record of it in the program',
      async (scratch) => {
        const { output } = await buildTasklet(scratch.program, scratch.tasklet);
        const module = oddModule(await readFile(output));
        await scratch.write('build/demo.wasm', module);
        const digests = [module, await readFile(`${output}.map`)].map(sha256Of);
        await scratch.write('.grafos/builds/demo.txt', `build/demo.wasm\n${digests.join('\n')}\n`);
      },
    ],
    [
      'an update that brings another source map, and a record of it in the program',
      async (scratch) => {
        const { sha256 } = await buildTasklet(scratch.program, scratch.tasklet);
        await scratch.write('build/demo.wasm.map', '{}');
        await scratch.write('.grafos/builds/demo.txt', `build/demo.wasm\n${sha256}\n${sha256Of('{}')}\n`);
      },
    ],
    [
      'a build of another program, which has a record of its own',
      async (scratch, other) => {
        await buildTasklet(scratch.program, scratch.tasklet);
        const module = oddModule(await readFile(join(other.root, 'build/demo.wasm')));
        const map = await readFile(join(other.root, 'build/demo.wasm.map'), 'utf8');
        await other.write('build/demo.wasm', module);
        await recordBuild(other.program, other.tasklet, module, map);
        assert.equal((await staleness(other.program, other.tasklet)).state, 'fresh');
        await cp(join(other.root, 'build'), join(scratch.root, 'build'), { recursive: true });
      },
    ],
  ];
  for (const [what, plant] of planted) {
    it(`believes no stamp of ${what}, and builds from the sources`, async () => {
      const files = { [SOURCE]: IMPORTING, 'tasklets/lib/twice.ts': TWICE };
      await using other = await scratchProgram(SOURCE, files);
      await using scratch = await scratchProgram(SOURCE, files);
      const { sha256 } = await buildTasklet(other.program, other.tasklet);
      await plant(scratch, other);
      assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'foreign');
      const again = await buildTasklet(scratch.program, scratch.tasklet);
      assert.deepEqual([again.unchanged, again.sha256], [false, sha256]);
      assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'fresh');
      assert.equal((await buildTasklet(scratch.program, scratch.tasklet)).unchanged, true);
    });
  }

  it('does not count a module as built here where no record can be kept', async () => {
    await using scratch = await scratchProgram('tasklets/demo.wat', { 'tasklets/demo.wat': WAT.echo });
    await using _home = await stateHome('a file', (path) => writeFile(path, ''));
    for (let build = 1; build <= 2; build += 1) {
      assert.equal((await buildTasklet(scratch.program, scratch.tasklet)).unchanged, false);
      assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'foreign');
    }
  });

  it('builds a program anew after it was moved', async () => {
    await using scratch = await scratchProgram('tasklets/demo.wat', { 'tasklets/demo.wat': WAT.echo });
    await using folder = await temporaryFolder();
    await buildTasklet(scratch.program, scratch.tasklet);
    const root = join(folder.path, 'moved');
    await rename(scratch.root, root);
    const moved = { ...scratch.program, root };
    assert.equal((await staleness(moved, scratch.tasklet)).state, 'foreign');
    assert.equal((await buildTasklet(moved, scratch.tasklet)).unchanged, false);
    assert.equal((await buildTasklet(moved, scratch.tasklet)).unchanged, true);
  });

  it('keeps the newest records of builds alone', async () => {
    await using scratch = await scratchProgram('tasklets/demo.wat', { 'tasklets/demo.wat': WAT.echo });
    await using own = await stateHome('records', (path) => mkdir(join(path, 'grafos/builds'), { recursive: true }));
    const records = join(own.path, 'grafos/builds');
    for (let at = 0; at < 2048; at += 1) writeFileSync(join(records, `${at}.txt`), '');
    utimesSync(join(records, '7.txt'), 4e9, 4e9);
    await buildTasklet(scratch.program, scratch.tasklet);
    const left = await readdir(records);
    assert.equal(left.length, 1792);
    assert.ok(left.includes('7.txt'));
    assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'fresh');
  });

  it('checks the source of a module with a forged stamp', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO.replace('.length', '.nope') });
    const content = await readFile(join(scratch.root, SOURCE));
    const stamp = makeStamp(buildTool(scratch.tasklet), [{ path: SOURCE, content }]);
    const module = writeSections([...readSections(compileWat('(module)')), stampSection(stamp)]);
    await scratch.write('build/demo.wasm', module);
    assert.deepEqual(
      (await validate(scratch.root)).map(({ code }) => code),
      ['GRF2101'],
    );
  });

  const faults: Array<[name: string, text: string, code: string, line: number, character: number, words: RegExp]> = [
    [
      'a type error',
      'export function compute(input: Uint8Array): Uint8Array {\n  return input.nope;\n}\n',
      'GRF2101',
      1,
      15,
      /TS2339: Property 'nope' does not exist/,
    ],
    [
      'a syntax error',
      'export function compute(input: Uint8Array): Uint8Array {\n  return (;\n}\n',
      'GRF2101',
      1,
      10,
      /TS1109/,
    ],
    [
      'a place after a byte order mark',
      '\u{feff}export function compute(input: Uint8Array): Uint8Array { return x; }\n',
      'GRF2101',
      0,
      64,
      /Cannot find name 'x'/,
    ],
    ['no compute', 'export function other(): void {}\n', 'GRF2103', 0, 0, /compute/],
    [
      'compute that is not exported',
      'function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n',
      'GRF2103',
      0,
      9,
      /not exported/,
    ],
    [
      'compute without an input',
      'export function compute(): string {\n  return "";\n}\n',
      'GRF2104',
      0,
      16,
      /must take the run's input/,
    ],
    [
      'compute with two',
      'export function compute(a: string, b: string): string {\n  return a;\n}\n',
      'GRF2104',
      0,
      35,
      /nothing else/,
    ],
    [
      'compute that gives a number under another name',
      'type N = f64;\nexport function compute(input: string): N {\n  return 1;\n}\n',
      'GRF2104',
      1,
      40,
      /Uint8Array or string/,
    ],
    [
      'compute that may give null',
      'export function compute(input: string): string | null {\n  return null;\n}\n',
      'GRF2104',
      0,
      40,
      /Uint8Array or string/,
    ],
    [
      'compute that may give null under another name',
      'type N = Uint8Array | null;\nexport function compute(input: string): N {\n  return null;\n}\n',
      'GRF2104',
      1,
      40,
      /Uint8Array or string/,
    ],
    [
      'compute of what may be null',
      'export function compute(input: string | null): string {\n  return "";\n}\n',
      'GRF2104',
      0,
      24,
      /Uint8Array or string/,
    ],
    [
      'compute of a number',
      'export function compute(input: i32): string {\n  return "";\n}\n',
      'GRF2104',
      0,
      24,
      /Uint8Array or string/,
    ],
    [
      'an import from outside',
      'import { x } from "../../x";\nexport function compute(input: string): string {\n  return x;\n}\n',
      'GRF2101',
      0,
      18,
      /outside the program's folder/,
    ],
    [
      'an import that is not there',
      'import { x } from "./x";\nexport function compute(input: string): string {\n  return x;\n}\n',
      'GRF2101',
      0,
      18,
      /not found/,
    ],
    [
      'Math.random',
      'export function compute(input: string): string {\n  return Math.random().toString();\n}\n',
      'GRF2106',
      1,
      9,
      /random\.f64\(\) of grafos-std/,
    ],
    [
      'a clock two calls away',
      'function now(): i64 {\n  return Date.now();\n}\nexport function compute(input: string): string {\n  return now().toString();\n}\n',
      'GRF2105',
      1,
      9,
      /clock\(\) of grafos-std/,
    ],
    [
      'fail of a class that cannot be empty',
      'import { fail } from "grafos-std";\nclass A {}\nexport function compute(input: string): string {\n  fail<A>("x");\n  return "";\n}\n',
      'GRF2101',
      0,
      0,
      /fail<T> wants T/,
    ],
  ];
  for (const [name, text, code, line, character, words] of faults) {
    it(`says where: ${name}`, async () => {
      await using scratch = await scratchProgram(SOURCE, { [SOURCE]: text, 'build/demo.wasm': 'older' });
      await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
        assert.ok(error instanceof BuildFailedError);
        assert.equal(error.exitCode, 1);
        const found = error.findings.find((one) => one.code === code);
        assert.ok(found, JSON.stringify(error.findings));
        assert.match(found.message, words);
        assert.equal(found.file, join(scratch.root, SOURCE));
        assert.deepEqual(found.range.start, { line, character });
        return true;
      });
      assert.equal(await readFile(join(scratch.root, 'build/demo.wasm'), 'utf8'), 'older');
    });
  }

  it('says which type fail wants where its caller returns another than bytes, with a fix', async () => {
    const rows: Array<[type: string, returns: string, wanted: string | null]> = [
      ['string', 'fail("five")', 'string'],
      ['string', 'fail ("five")', 'string'],
      ['string', 'new Uint8Array(1)', null],
    ];
    for (const [type, returns, wanted] of rows) {
      const text = `import { fail } from "grafos-std";\nexport function compute(input: Uint8Array): ${type} {\n  return ${returns};\n}\n`;
      await using scratch = await scratchProgram(SOURCE, { [SOURCE]: text });
      await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
        assert.ok(error instanceof BuildFailedError);
        const [found] = error.findings;
        assert.match(found?.message ?? '', /^TS2322: /);
        if (wanted === null) assert.equal(found?.fix, undefined);
        else {
          assert.match(found?.message ?? '', new RegExp(`Write fail<${wanted}>\\(…\\) here\\.$`));
          assert.equal(found?.fix?.edits[0]?.newText, `<${wanted}>`);
          assert.deepEqual(found?.fix?.edits[0]?.range.start, { line: 2, character: 13 });
        }
        return true;
      });
    }
  });

  it('lists every call that wants a host, each at its line, and names the first', async () => {
    const text =
      'export function compute(input: string): string {\n  const at = Date.now();\n  console.log("x");\n  return (<f64>at + Math.random()).toString();\n}\n';
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: text });
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
      assert.ok(error instanceof BuildFailedError);
      const found = error.findings.map(({ code, range }) => [code, range.start.line]);
      assert.deepEqual(found, [
        ['GRF2105', 1],
        ['GRF2108', 2],
        ['GRF2106', 3],
      ]);
      assert.match(error.why ?? '', /demo\.ts:2:14: Date\.now/);
      return true;
    });
  });

  it('lists its findings in the order of validate', async () => {
    const text = 'let x: i32 = foo;\nexport function compute(input: Uint8Array): i32 {\n  return bar;\n}\n';
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: text });
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
      assert.ok(error instanceof BuildFailedError);
      assert.deepEqual(
        error.findings.map(({ code, range }) => [code, range.start.line]),
        [
          ['GRF2101', 0],
          ['GRF2104', 1],
          ['GRF2101', 2],
        ],
      );
      assert.match(error.why ?? '', /demo\.ts:1:14: /);
      return true;
    });
  });

  it('lists the errors of several files as validate lists them', async () => {
    const files = {
      [SOURCE]: `import { a } from "./lib/z";\nimport { b } from "./lib/a";\n${HELLO.replace('input.length', 'a(x) + b(y)')}`,
      'tasklets/lib/a.ts': 'export function b(n: i32): i32 {\n  const m: string = n;\n  return q;\n}\n',
      'tasklets/lib/z.ts': 'export function a(n: i32): i32 {\n  return r + s;\n}\n',
    };
    await using scratch = await scratchProgram(SOURCE, files);
    const said = (findings: Array<{ code: string; severity: string; file: string; message: string }>) =>
      findings.filter(({ severity }) => severity === 'error').map(({ code, file, message }) => [code, file, message]);
    const checked = said(await validate(scratch.root));
    assert.ok(checked.length > 3, JSON.stringify(checked));
    assert.ok(new Set(checked.map(([, file]) => file)).size > 1);
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
      assert.ok(error instanceof BuildFailedError);
      assert.deepEqual(said(error.findings), checked);
      return true;
    });
  });

  it('checks a text that is not saved, and writes nothing', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO });
    const overlay = new Map([[join(scratch.root, SOURCE), HELLO.replace('input.length', 'input.size')]]);
    const broken = await compileAssemblyScript({
      program: scratch.program,
      tasklet: scratch.tasklet,
      overlay,
      checkOnly: true,
    });
    assert.deepEqual(
      broken.diagnostics.map(({ code, range }) => [code, range.start.line]),
      [['GRF2101', 1]],
    );
    const saved = await compileAssemblyScript({ program: scratch.program, tasklet: scratch.tasklet, checkOnly: true });
    assert.deepEqual([saved.diagnostics, saved.wasm], [[], null]);
    assert.deepEqual((await readdir(scratch.root)).sort(), ['grafos.toml', 'tasklets']);
  });

  it('lets two builds of one tasklet run at once', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO });
    const built = await Promise.all([1, 2, 3].map(() => buildTasklet(scratch.program, scratch.tasklet)));
    assert.equal(new Set(built.map(({ sha256 }) => sha256)).size, 1);
    assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'fresh');
    assert.deepEqual((await readdir(join(scratch.root, 'build'))).sort(), ['demo.wasm', 'demo.wasm.map']);
  });

  it('reads a file once, however many imports name it', async () => {
    const large = `${TWICE}/*${'x'.repeat(7_000_000)}*/\n`;
    const more = Array.from({ length: 40 }, (_, index) => `import { twice as t${index} } from "./lib/twice";\n`);
    const again = Array.from({ length: 40 }, (_, index) => `import { twice as u${index} } from "./twice";\n`);
    const other = `${again.join('')}export const one: i32 = u0(1);\n`;
    await using scratch = await scratchProgram(SOURCE, {
      [SOURCE]: `${more.join('')}import { one } from "./lib/other";\n${IMPORTING.replace('twice(input.length)', '(one + t7(input.length))')}`,
      'tasklets/lib/twice.ts': large,
      'tasklets/lib/other.ts': other,
    });
    const built = await buildTasklet(scratch.program, scratch.tasklet);
    assert.equal(runOnHost(await readFile(built.output), { input: 'ab' }).text, '6');
  });

  it('stops when it is cancelled and leaves nothing', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO });
    const abort = new AbortController();
    const building = buildTasklet(scratch.program, scratch.tasklet, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(building, /enough/);
    assert.ok(!existsSync(join(scratch.root, 'build')));
  });

  it('writes inside of the program alone, wherever its folders lead', async function () {
    if (process.platform === 'win32') this.skip();
    await using scratch = await scratchProgram('demo.wat', { 'demo.wat': WAT.hello });
    await using elsewhere = await temporaryFolder();
    const build = join(scratch.root, 'build');
    const { program, tasklet } = scratch;
    const deep = { ...tasklet, output: 'out/more/demo.wasm' };
    for (const target of [elsewhere.path, join(elsewhere.path, 'nowhere'), '/dev/null', '..', 'build']) {
      await rm(build, { force: true });
      await symlink(target, build);
      await assert.rejects(buildTasklet(program, tasklet), { code: 'output_outside' }, target);
    }
    await mkdir(join(scratch.root, 'out'));
    await symlink(elsewhere.path, join(scratch.root, 'out', 'more'));
    await assert.rejects(buildTasklet(program, deep), { code: 'output_outside' });
    // Folders of the program may lead to each other.
    await rm(build);
    await mkdir(join(scratch.root, 'products'));
    await symlink('products', build);
    await buildTasklet(program, tasklet);
    assert.deepEqual(await readdir(join(scratch.root, 'products')), ['demo.wasm']);
    // A link in the place of an output is replaced.
    await writeFile(join(elsewhere.path, 'thesis'), 'not yours');
    for (const name of ['demo.wasm', 'demo.wasm.map']) {
      await rm(join(build, name), { force: true });
      await symlink(join(elsewhere.path, 'thesis'), join(build, name));
    }
    await buildTasklet(program, tasklet);
    assert.ok((await lstat(join(build, 'demo.wasm'))).isFile());
    assert.ok(!existsSync(join(build, 'demo.wasm.map')));
    assert.deepEqual(await readdir(elsewhere.path), ['thesis']);
    assert.equal(await readFile(join(elsewhere.path, 'thesis'), 'utf8'), 'not yours');
  });

  it('says what is wrong with the folder it writes to', async () => {
    await using scratch = await scratchProgram(SOURCE, { [SOURCE]: HELLO, build: 'a file' });
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
      assert.ok(error instanceof GrafosError && error.next !== undefined);
      assert.ok(error.message.includes(join('build', 'demo.wasm')), error.message);
      return true;
    });
  });
});

describe('building from WebAssembly', () => {
  it('assembles text, the same in any folder', async () => {
    await using one = await scratchProgram('demo.wat', { 'demo.wat': WAT.hello });
    await using other = await scratchProgram('demo.wat', { 'demo.wat': WAT.hello });
    const first = await buildTasklet(one.program, one.tasklet);
    assert.equal((await buildTasklet(other.program, other.tasklet)).sha256, first.sha256);
    assert.equal(runOnHost(await readFile(first.output)).text, '{}');
    assert.equal((await staleness(one.program, one.tasklet)).state, 'fresh');
    await one.write('demo.wat', WAT.endless);
    assert.equal((await staleness(one.program, one.tasklet)).state, 'stale');
  });

  it('says where an import of the wrong type is written', async () => {
    const text =
      '(module\n  (import "grafos_tasklet_v0" "output_write" (func (param i32)))\n  (memory (export "memory") 1)\n  (func (export "_grafos_tasklet_init") (param i32 i32))\n  (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) (i32.const 0))\n  (func (export "_grafos_tasklet_finalize")))\n';
    await using scratch = await scratchProgram('tasklets/demo.wat', { 'tasklets/demo.wat': text });
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
      assert.ok(error instanceof BuildFailedError);
      assert.deepEqual(
        error.findings.map(({ code, range }) => [code, range.start]),
        [['GRF3010', { line: 1, character: 3 }]],
      );
      assert.match(error.why ?? '', /demo\.wat:2:4: /);
      return true;
    });
  });

  it('says where text is wrong', async () => {
    await using scratch = await scratchProgram('demo.wat', {
      'demo.wat': '(module\n  (func (result i32) (i32.nope)))\n',
    });
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), (error) => {
      assert.ok(error instanceof BuildFailedError);
      const [first] = error.findings;
      assert.deepEqual([first?.code, first?.range.start], ['GRF2301', { line: 1, character: 22 }]);
      return true;
    });
  });

  it('takes a module as it is, and refuses what no cell would take', async () => {
    await using text = await scratchProgram('demo.wat', { 'demo.wat': WAT.hello, 'wasi.wat': WAT.wasi });
    const wasm = await readFile((await buildTasklet(text.program, text.tasklet)).output);
    await using scratch = await scratchProgram('demo.wasm', { 'demo.wasm': wasm });
    const { output } = await buildTasklet(scratch.program, scratch.tasklet);
    assert.ok(wasm.equals(await readFile(output)));
    assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'fresh');
    await scratch.write('demo.wasm', wasm.subarray(0, -9));
    assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'stale');
    const refused = (code: string) => (error: unknown) =>
      error instanceof BuildFailedError && error.findings.some((one) => one.code === code);
    await assert.rejects(buildTasklet(scratch.program, scratch.tasklet), refused('GRF3005'));
    await assert.rejects(buildTasklet(text.program, { ...text.tasklet, source: 'wasi.wat' }), refused('GRF3008'));
    await assert.rejects(buildTasklet(text.program, { ...text.tasklet, linear_memory_bytes: 0 }), refused('GRF3011'));
    assert.ok(wasm.equals(await readFile(output)), 'the older module is still there');
  });
});
