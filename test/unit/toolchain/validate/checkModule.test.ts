import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parseManifest } from '../../../../program/manifest.ts';
import { checkModule, type ModuleToCheck } from '../../../../toolchain/validate/checkModule.ts';
import { FILE_START, type Finding } from '../../../../toolchain/validate/finding.ts';
import { createProgramFiles } from '../../../../toolchain/validate/programFiles.ts';
import { createTaskletContext } from '../../../../toolchain/validate/taskletContext.ts';
import { applyEdits } from '../../../helpers/applyFix.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { NOWHERE } from '../../../helpers/nowhere.ts';

const MANIFEST = `[program]\nname = "demo"\nversion = "0.1.0"\n[[tasklet]]\nname = "demo"\nsource = "demo.wasm"\n`;
const EXPORTS = `(func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) i32.const 0)
  (func (export "_grafos_tasklet_finalize"))`;
const WHOLE = `(memory (export "memory") 1) ${EXPORTS}`;

function check(bytes: Uint8Array, more: Partial<ModuleToCheck> = {}, manifest = MANIFEST) {
  const { tasklets, lines } = parseManifest(manifest);
  const [one] = tasklets;
  assert.ok(one?.tasklet);
  const findings: Finding[] = [];
  const manifestPath = join(NOWHERE, 'grafos.toml');
  const program = { root: NOWHERE, manifestPath, lines, files: createProgramFiles(NOWHERE, new Map()), findings };
  const module = checkModule(createTaskletContext(program, one, one.tasklet), {
    bytes,
    label: 'demo.wasm',
    place: { file: join(NOWHERE, 'demo.wasm'), range: FILE_START },
    exportAdvice: 'Export it.',
    ...more,
  });
  return { module, findings, codes: findings.map(({ code }) => code) };
}

const checkWat = (body: string, more: Partial<ModuleToCheck> = {}, manifest = MANIFEST) =>
  check(compileWat(`(module ${body})`), more, manifest);

describe('checkModule', () => {
  const rows: Array<[what: string, body: string, codes: string[], words?: RegExp]> = [
    ['a module of the profile', WHOLE, []],
    ['a missing export', `(memory (export "memory") 1)`, ['GRF3006', 'GRF3006', 'GRF3006'], /Export it\.$/],
    ['a missing memory', EXPORTS, ['GRF3006'], /"memory"/],
    ['an export of the wrong kind', `${EXPORTS} (memory 1) (global (export "memory") i32 (i32.const 0))`, ['GRF3007']],
    ['an export of its own', `${WHOLE} (func (export "more"))`, ['GRF3016'], /Remove the export/],
    ['WASI', `(import "wasi_snapshot_preview1" "fd_write" (func)) ${WHOLE}`, ['GRF3008'], /wasm32-unknown-unknown/],
    ['an import of env', `(import "env" "abort" (func)) ${WHOLE}`, ['GRF3009'], /use grafos-std instead/],
    ['an import of another module', `(import "game" "play" (func)) ${WHOLE}`, ['GRF3009'], /move what it does/],
    ['a host function that is none', `(import "grafos_tasklet_v0" "spawn" (func)) ${WHOLE}`, ['GRF3009'], /Remove/],
    ['a host function of another type', `(import "grafos_tasklet_v0" "log" (func)) ${WHOLE}`, ['GRF3010']],
    ['a start function', `${WHOLE} (func $s) (start $s)`, ['GRF3015'], /fuel of every run/],
  ];
  for (const [what, body, codes, words = /./] of rows) {
    it(`${what}: ${codes.join(', ') || 'nothing'}`, () => {
      const { codes: found, findings, module } = checkWat(body);
      assert.deepEqual(found, codes);
      for (const { message } of findings) assert.match(message, words);
      assert.notEqual(module, null);
    });
  }

  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const broken: Array<[what: string, bytes: number[], code: string, words: RegExp]> = [
    ['what is no module', [1, 2, 3, 4, 5, 6, 7, 8], 'GRF3005', /no valid WebAssembly module/],
    ['a module that is cut off', [...head, 1, 9], 'GRF3005', /Build it again/],
    ['shared memory', [...head, 5, 4, 1, 3, 1, 1], 'GRF3013', /one thread/],
    ['64-bit memory', [...head, 5, 3, 1, 4, 1], 'GRF3014', /wasm32/],
    // A function that leaves nothing where its type has a result.
    [
      'code that is not valid',
      [...head, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0b],
      'GRF3005',
      /does not pass WebAssembly validation \(.*Compiling function/,
    ],
  ];
  for (const [what, bytes, code, words] of broken) {
    it(`${what}: ${code}, and no module`, () => {
      const { codes, findings, module } = check(Uint8Array.from(bytes));
      assert.deepEqual(codes, [code]);
      assert.match(findings[0]?.message ?? '', words);
      assert.equal(module, null);
    });
  }

  it('says nothing twice of an import that the source was told of', () => {
    const body = `(import "env" "abort" (func)) ${WHOLE}`;
    assert.deepEqual(checkWat(body, { importReported: (module) => module === 'env' }).codes, []);
  });

  it('puts a finding where the import is written, if that is known', () => {
    const range = { start: { line: 4, character: 2 }, end: { line: 4, character: 9 } };
    const places = {
      importAt: (module: string, name: string) => ({ file: `${module}.${name}`, range }),
      exportAt: () => null,
      memory: () => null,
      start: () => null,
    };
    const { findings } = checkWat(`(import "env" "a.b" (func)) ${WHOLE}`, { places });
    assert.deepEqual([findings[0]?.file, findings[0]?.range], ['env.a.b', range]);
  });

  for (const [faults, listed, saysSo] of [
    [99, 99, false],
    [100, 101, true],
    [150, 101, true],
    [10_000, 101, true],
  ] as const) {
    it(`lists a hundred faults of imports at most, and says that it lists no more: ${faults}`, () => {
      const { findings } = checkWat(`${'(import "game" "play" (func)) '.repeat(faults)} ${WHOLE}`);
      assert.equal(findings.length, listed);
      assert.equal(/at least 100 imports and exports; no more are listed/.test(findings.at(-1)?.message ?? ''), saysSo);
    });
  }

  it('compares the memory with what the manifest allows, and offers what it needs', () => {
    const body = `(memory (export "memory") 3) ${EXPORTS}`;
    const manifest = `${MANIFEST}linear_memory = "128KiB"\n`;
    const { codes, findings } = checkWat(body, {}, manifest);
    assert.deepEqual(codes, ['GRF3011']);
    const fixed = applyEdits(manifest, findings[0]?.fix?.edits ?? []);
    assert.deepEqual(checkWat(body, {}, fixed).codes, []);
    // A maximum above the bound is worth a word, and no maximum is none.
    assert.deepEqual(checkWat(`(memory (export "memory") 1 3) ${EXPORTS}`, {}, manifest).codes, ['GRF3012']);
    assert.deepEqual(checkWat(`(memory (export "memory") 1) ${EXPORTS}`, {}, manifest).codes, []);
  });
});
