import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { loadProgram } from '../../../../program/loadProgram.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { makeProgramState } from '../../../../toolchain/stack/programState.ts';
import type { Finding } from '../../../../toolchain/validate/finding.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const PROGRAM = '[program]\nname = "demo"\nversion = "0.1.0"\n';

const tasklet = (name: string, source: string, more = '') =>
  `[[tasklet]]\nname = "${name}"\nsource = "${source}"\n${more}`;

const COMPUTE = 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n';

const WAT = `(module
  (memory (export "memory") 1)
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) (i32.const 0))
  (func (export "_grafos_tasklet_finalize")))
`;

async function program(root: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

async function build(root: string): Promise<void> {
  const loaded = loadProgram(root);
  for (const one of loaded.manifest.tasklets) await buildTasklet(loaded, one);
}

const codes = (findings: Finding[]) => findings.map(({ code }) => code);

describe('validate', () => {
  it('finds nothing in a built program, reads the same again, and writes nothing', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'tasklets/a.ts')}${tasklet('b', 'b.wat')}`,
      'tasklets/a.ts': COMPUTE,
      'b.wat': WAT,
      'fixtures/a/one.input.json': '{}',
      'fixtures/a/one.expected.json': '{}',
    });
    await build(folder.path);
    const before = await readdir(folder.path, { recursive: true });
    assert.deepEqual(await validate(folder.path), []);
    assert.deepEqual(await validate(join(folder.path, 'tasklets')), []);
    assert.deepEqual(await validate(loadProgram(folder.path)), []);
    assert.deepEqual(await readdir(folder.path, { recursive: true }), before);
  });

  it('loads no compiler for a built program', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'tasklets/a.ts')}${tasklet('b', 'b.wat')}`,
      'tasklets/a.ts': COMPUTE,
      'b.wat': WAT,
    });
    await build(folder.path);
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      const { validate } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../../../toolchain/validate/validate.ts')).href)});
      const findings = await validate(${JSON.stringify(folder.path)});
      const heavy = loaded.filter((url) => /node_modules\\/(assemblyscript|binaryen|wabt|fastify|node-forge)\\//.test(url));
      console.log(JSON.stringify({ findings, heavy, modules: loaded.length }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const { findings, heavy, modules } = JSON.parse(stdout);
    assert.deepEqual([findings, heavy], [[], []]);
    assert.ok(modules > 10, 'the hook saw nothing');
  });

  it('sees a changed source, and checks what it would become', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'a.ts')}${tasklet('b', 'b.wat')}`,
      'a.ts': COMPUTE,
      'b.wat': WAT,
    });
    await build(folder.path);
    await program(folder.path, {
      'a.ts': COMPUTE.replace('return input', 'return missing'),
      'b.wat': WAT.replace('memory") 1', 'memory") 1000'),
    });
    const findings = await validate(folder.path);
    assert.deepEqual(codes(findings), ['GRF2101', 'GRF3002', 'GRF3002', 'GRF3011']);
    assert.equal(findings[0]?.file, join(folder.path, 'a.ts'));
    assert.deepEqual(findings[0]?.range.start, { line: 1, character: 9 });
  });

  it('checks unsaved text, of the manifest, of a source, and of a file it imports', async () => {
    await using folder = await temporaryFolder();
    const path = (name: string) => join(folder.path, name);
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'a.ts')}`,
      'a.ts': `import { b } from "./b";\n${COMPUTE.replace('return input', 'return b(input)')}`,
      'b.ts': 'export function b(input: Uint8Array): Uint8Array { return input; }\n',
    });
    await build(folder.path);
    assert.deepEqual(await validate(folder.path), []);
    const unsaved = async (file: string, text: string) =>
      codes(await validate(folder.path, { overlay: new Map([[path(file), text]]) }));
    assert.deepEqual(await unsaved('grafos.toml', `${PROGRAM}feul = 1\n${tasklet('a', 'a.ts')}`), ['GRF1005']);
    assert.deepEqual(
      await unsaved('a.ts', 'export function compute(input: Uint8Array): Uint8Array { return nothing; }'),
      ['GRF2101'],
    );
    assert.deepEqual(
      await unsaved('b.ts', 'export function b(input: Uint8Array): Uint8Array { return Date.now(); }'),
      ['GRF2105', 'GRF2101'].sort(),
    );
    assert.deepEqual(await unsaved('a.ts', '\uFEFF'), ['GRF2103']);
  });

  it('checks a manifest that is not on disk yet', async () => {
    await using folder = await temporaryFolder();
    const overlay = new Map([[join(folder.path, 'grafos.toml'), PROGRAM]]);
    assert.deepEqual(codes(await validate(folder.path, { overlay })), ['GRF1021']);
  });

  it('keeps to the tasklet that is asked for, and refuses one that is not there', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'a.wat', 'feul = 1\n')}${tasklet('b', 'missing.wat')}`,
      'a.wat': WAT,
    });
    assert.deepEqual(codes(await validate(folder.path)), ['GRF1005', 'GRF2001']);
    assert.deepEqual(codes(await validate(folder.path, { tasklet: 'a' })), ['GRF1005']);
    assert.deepEqual(codes(await validate(folder.path, { tasklet: 'b' })), ['GRF2001']);
    await assert.rejects(validate(folder.path, { tasklet: 'c' }), { code: 'tasklet_unknown', kind: 'usage' });
  });

  it('stops when it is told to', async () => {
    await using folder = await temporaryFolder();
    const tasklets = Array.from({ length: 50 }, (_, index) => tasklet(`t-${index}`, `t-${index}.wat`)).join('');
    await program(folder.path, { 'grafos.toml': `${PROGRAM}${tasklets}` });
    const reason = new Error('enough');
    await assert.rejects(validate(folder.path, { signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const running = validate(folder.path, { signal: abort.signal });
    setImmediate(() => abort.abort(reason));
    await assert.rejects(running, reason);
  });

  it('goes through 200 tasklets', async () => {
    await using folder = await temporaryFolder();
    const names = Array.from({ length: 200 }, (_, index) => `t-${index}`);
    const wasm = compileWat(WAT);
    await program(folder.path, {
      'grafos.toml':
        PROGRAM + names.map((name) => tasklet(name, `src/${name}.wasm`, `output = "src/${name}.wasm"\n`)).join(''),
      ...Object.fromEntries(names.map((name) => [`src/${name}.wasm`, wasm])),
    });
    assert.deepEqual(await validate(folder.path), []);
  });

  it('takes names with spaces and other letters', async () => {
    await using folder = await temporaryFolder('grafos ä ö 日本 ');
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'täsklets 日本/ä.ts')}`,
      'täsklets 日本/ä.ts': COMPUTE,
    });
    assert.deepEqual(codes(await validate(folder.path)), ['GRF3001']);
    await build(folder.path);
    assert.deepEqual(await validate(folder.path), []);
  });

  it('places findings the same with CRLF and a byte order mark', async () => {
    await using folder = await temporaryFolder();
    const text = COMPUTE.replace('  return', '  const t = Date.now();\n  return');
    await program(folder.path, {
      'grafos.toml': `\uFEFF${(PROGRAM + tasklet('a', 'a.ts', 'fuel = 1\nmem = "1g"\n')).replaceAll('\n', '\r\n')}`,
      'a.ts': `\uFEFF${text.replaceAll('\n', '\r\n')}`,
    });
    const found = (await validate(folder.path)).map(
      ({ code, range }) => `${code} ${range.start.line}:${range.start.character}`,
    );
    assert.deepEqual(found.sort(), ['GRF2105 1:12', 'GRF3001 4:7', 'GRF5001 7:6']);
  });

  const sources: [what: string, prepare: (root: string) => Promise<void>, codes: string[]][] = [
    ['a folder', (root) => mkdir(join(root, 'a.wat')).then(() => undefined), ['GRF2002']],
    ['a link to itself', (root) => symlink('a.wat', join(root, 'a.wat')), ['GRF2003']],
    ['a link to nowhere', (root) => symlink('nowhere.wat', join(root, 'a.wat')), ['GRF2001']],
    [
      'a link to a good file',
      async (root) => {
        await program(root, { 'real/a.wat': WAT });
        await symlink('real/a.wat', join(root, 'a.wat'));
      },
      ['GRF3001'],
    ],
    ['not text', (root) => program(root, { 'a.wat': Uint8Array.of(0xff, 0xfe, 0) }), ['GRF2003']],
    [
      '5 MB',
      async (root) => {
        await program(root, { 'a.wat': '' });
        await truncate(join(root, 'a.wat'), 5_000_000);
      },
      ['GRF2004'],
    ],
    ['nothing', (root) => program(root, { 'a.wat': '' }), ['GRF3001', 'GRF3006', 'GRF3006', 'GRF3006', 'GRF3006']],
  ];
  for (const [what, prepare, expected] of sources) {
    it(`says so when the source is ${what}`, async () => {
      await using folder = await temporaryFolder();
      await program(folder.path, { 'grafos.toml': `${PROGRAM}${tasklet('a', 'a.wat')}` });
      await prepare(folder.path);
      assert.deepEqual(codes(await validate(folder.path)).sort(), expected);
    });
  }

  const manifests: [what: string, prepare: (root: string) => Promise<void>, codes: string[]][] = [
    ['a folder', (root) => mkdir(join(root, 'grafos.toml')).then(() => undefined), ['GRF1002']],
    ['a link to itself', (root) => symlink('grafos.toml', join(root, 'grafos.toml')), ['GRF1002']],
    [
      '2 MiB',
      async (root) => {
        await program(root, { 'grafos.toml': '' });
        await truncate(join(root, 'grafos.toml'), 2 * 1024 * 1024);
      },
      ['GRF1002'],
    ],
    ['binary', (root) => program(root, { 'grafos.toml': Uint8Array.of(0xff, 0x00) }), ['GRF1002']],
    ['not TOML', (root) => program(root, { 'grafos.toml': '{"name": 1}' }), ['GRF1003']],
  ];
  for (const [what, prepare, expected] of manifests) {
    it(`says so when the manifest is ${what}`, async () => {
      await using folder = await temporaryFolder();
      await prepare(folder.path);
      assert.deepEqual(codes(await validate(folder.path)), expected);
    });
  }

  it('offers the source that was meant', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'tasklets/cuonter.ts')}`,
      'tasklets/counter.ts': COMPUTE,
      'tasklets/counter.txt': '',
    });
    const [found] = await validate(folder.path);
    assert.equal(found?.code, 'GRF2001');
    assert.equal(found?.fix?.edits[0]?.newText, '"tasklets/counter.ts"');
  });

  it('checks a prebuilt module, its copy, and one of every kind of damage', async () => {
    await using folder = await temporaryFolder();
    const wasm = compileWat(WAT);
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('a', 'a.wasm')}`,
      'a.wasm': wasm,
      'build/a.wasm': wasm,
    });
    assert.deepEqual(await validate(folder.path), []);
    await program(folder.path, { 'build/a.wasm': Uint8Array.of(0) });
    assert.deepEqual(codes(await validate(folder.path)), ['GRF3002']);
    for (let length = 0; length < wasm.length; length++) {
      await program(folder.path, { 'a.wasm': wasm.subarray(0, length), 'build/a.wasm': wasm.subarray(0, length) });
      const found = codes(await validate(folder.path));
      assert.ok(
        found.length > 0 && found.every((code) => code === 'GRF3005' || code === 'GRF3006'),
        `${length}: ${found.join()}`,
      );
    }
  });

  it('points into WAT, past comments and texts', async () => {
    await using folder = await temporaryFolder();
    const text = `(; (import "env" "x" (func)) (; nested ;) ;)\n;; (import "env" "x" (func))\n(module (import "env" "x" (func))\n${WAT.slice('(module\n'.length)}`;
    await program(folder.path, { 'grafos.toml': `${PROGRAM}${tasklet('a', 'a.wat')}`, 'a.wat': text });
    const found = (await validate(folder.path)).find(({ code }) => code === 'GRF3009');
    assert.deepEqual(found?.range, { start: { line: 2, character: 9 }, end: { line: 2, character: 25 } });
  });

  const fixtures: [what: string, files: Record<string, string>, codes: string[]][] = [
    [
      'cases of both kinds',
      { 'a.input.json': '1', 'a.expected.json': '2', 'b.input.bin': '{', 'b.expected.json': '{"$error":"bad_input"}' },
      [],
    ],
    ['a case with dots in its name', { 'a.b.c.input.json': '1', 'a.b.c.expected.json': '2' }, []],
    ['a README and hidden files', { 'README.md': '', '.gitkeep': '' }, []],
    [
      'an expectation of each form',
      {
        'a.input.bin': '',
        'a.expected.json': '{"$text":"x"}',
        'b.input.bin': '',
        'b.expected.json': '{"$base64":"eA=="}',
        'c.input.bin': '',
        'c.expected.json': '{"$":1, "x":2}',
      },
      [],
    ],
    ['an expectation of no form', { 'a.input.bin': '', 'a.expected.json': '{"$eror":"x"}' }, ['GRF4009']],
    ['a digest that is none', { 'a.input.bin': '', 'a.expected.json': '{"$sha256":"x","$bytes":1}' }, ['GRF4009']],
    ['empty JSON', { 'a.input.json': '', 'a.expected.json': '{' }, ['GRF4003', 'GRF4003']],
    [
      'names that do not agree',
      { 'a.input.json': '1', 'A.expected.json': '1', 'a.output.json': '1' },
      ['GRF4001', 'GRF4002', 'GRF4004'],
    ],
  ];
  for (const [what, files, expected] of fixtures) {
    it(`reads fixtures with ${what}`, async () => {
      await using folder = await temporaryFolder();
      const under = Object.fromEntries(Object.entries(files).map(([name, text]) => [`fixtures/a/${name}`, text]));
      await program(folder.path, { 'grafos.toml': `${PROGRAM}${tasklet('a', 'a.wat')}`, 'a.wat': WAT, ...under });
      assert.deepEqual(
        codes(await validate(folder.path))
          .filter((code) => code !== 'GRF3001')
          .sort(),
        expected,
      );
    });
  }

  it('measures mem against the pool the local stack has', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, { 'grafos.toml': `${PROGRAM}${tasklet('a', 'a.wat', 'mem = "1MiB"\n')}`, 'a.wat': WAT });
    assert.deepEqual(codes(await validate(folder.path)), ['GRF3001', 'GRF5001']);
    await makeProgramState(folder.path);
    await program(folder.path, {
      '.grafos/dev/dev.json': JSON.stringify({ version: 1, fabric: { mem_capacity: 2 ** 24 } }),
    });
    assert.deepEqual(codes(await validate(folder.path)), ['GRF3001']);
    await program(folder.path, { '.grafos/dev/dev.json': '{"version"' });
    assert.deepEqual(codes(await validate(folder.path)), ['GRF3001', 'GRF5001']);
  });

  const cells = {
    scheduler_url: 'https://192.0.2.1',
    tenant_name: 't',
    ca_cert: 'c',
    tenant_cert: 'c',
    tenant_key: 'k',
  };
  for (const [what, text, expected] of [
    ['good', JSON.stringify([cells]), []],
    ['empty', '[]', []],
    ['cut off', '[{', ['GRF5005']],
    ['no list', '{}', ['GRF5005']],
    ['a list of something else', '[null]', ['GRF5005']],
    ['without a key', JSON.stringify([{ ...cells, tenant_key: undefined }]), ['GRF5005']],
  ] as const) {
    it(`reads a list of cells that is ${what}`, async () => {
      await using folder = await temporaryFolder();
      await makeProgramState(folder.path);
      await program(folder.path, {
        'grafos.toml': `${PROGRAM}${tasklet('a', 'a.wat')}`,
        'a.wat': WAT,
        '.grafos/cloud/aws-cells.json': text,
      });
      assert.deepEqual(
        codes(await validate(folder.path)).filter((code) => code !== 'GRF3001'),
        expected,
      );
    });
  }

  it('gives the same findings in the same order', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, {
      'grafos.toml': `${PROGRAM}${tasklet('b', 'x.wat', 'mem = "1g"\nfeul = 1\n')}${tasklet('a', 'a.ts', 'mem = "1g"\n')}`,
      'a.ts': COMPUTE.replace('input;', 'Math.random();'),
    });
    const first = await validate(folder.path);
    assert.ok(first.length > 3);
    assert.deepEqual(await validate(folder.path), first);
  });
});
