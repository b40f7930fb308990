import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseManifest } from '../../../../program/manifest.ts';
import { findProgramState, makeProgramState } from '../../../../toolchain/stack/programState.ts';
import {
  checkCells,
  checkProvider,
  LOCAL_POOL_BYTES,
  localPool,
} from '../../../../toolchain/validate/checkProvider.ts';
import type { Finding } from '../../../../toolchain/validate/finding.ts';
import { createProgramFiles } from '../../../../toolchain/validate/programFiles.ts';
import { createTaskletContext } from '../../../../toolchain/validate/taskletContext.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { applyEdits } from '../../../helpers/applyFix.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { NOWHERE } from '../../../helpers/nowhere.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const POOL = { bytes: 4_096, running: false };
const manifestOf = (lines: string) =>
  `[program]\nname = "demo"\nversion = "0.1.0"\n[[tasklet]]\nname = "demo"\nsource = "demo.wat"\n${lines}`;

function check(lines: string, imports = '', pool = POOL): Finding[] {
  const parsed = parseManifest(manifestOf(lines));
  const [one] = parsed.tasklets;
  assert.ok(one?.tasklet);
  const findings: Finding[] = [];
  const files = createProgramFiles(NOWHERE, new Map());
  const program = { root: NOWHERE, manifestPath: join(NOWHERE, 'grafos.toml'), lines: parsed.lines, files, findings };
  checkProvider(createTaskletContext(program, one, one.tasklet), pool, readModule(compileWat(`(module ${imports})`)));
  return findings;
}

const MEMORY = '(import "fabricbios_fbmu_v0" "fbmu_hello" (func (result i64)))';
const BLOCKS = '(import "fabricbios_fbbu_v0" "fbbu_hello" (func (result i64)))';

describe('checkProvider', () => {
  const rows: Array<[what: string, lines: string, imports: string, codes: string[]]> = [
    ['a tasklet that asks for nothing', '', '', []],
    ['as much as the pool has', 'mem = 4096\n', '', []],
    ['more than the pool has', 'mem = 4097\n', '', ['GRF5001']],
    ['a GPU', '[tasklet.requires]\ngpu = 2\n', '', ['GRF5002']],
    ['fabric memory without a lease', '', MEMORY, ['GRF5003']],
    ['fabric memory with a lease', 'mem = 1\n', MEMORY, []],
    ['the block unit', 'mem = 1\n', BLOCKS, ['GRF5004']],
  ];
  for (const [what, lines, imports, codes] of rows) {
    it(`${what}: ${codes.join(', ') || 'nothing'}`, () =>
      assert.deepEqual(
        check(lines, imports).map(({ code }) => code),
        codes,
      ));
  }

  it('offers a lease, which mends it', () => {
    const [finding] = check('', MEMORY);
    const fixed = applyEdits(manifestOf(''), finding?.fix?.edits ?? []);
    assert.match(fixed, /^mem = "32KiB"$/m);
    assert.equal(parseManifest(fixed).manifest?.tasklets[0]?.mem_bytes, 32 * 1024);
  });

  it('says whether the pool is that of a stack or the default', () => {
    assert.match(check('mem = 5000\n')[0]?.message ?? '', /unless told otherwise/);
    assert.doesNotMatch(check('mem = 5000\n', '', { ...POOL, running: true })[0]?.message ?? '', /unless/);
  });

  it('asks for a whole size that holds the lease', () => {
    assert.match(check('mem = "3MiB"\n')[0]?.message ?? '', /--mem-capacity 3MiB`/);
  });

  describe('with state of the program', () => {
    let records: Awaited<ReturnType<typeof temporaryFolder>>;
    const home = process.env.XDG_STATE_HOME;
    before(async () => {
      records = await temporaryFolder();
      process.env.XDG_STATE_HOME = records.path;
    });
    after(async () => {
      if (home === undefined) delete process.env.XDG_STATE_HOME;
      else process.env.XDG_STATE_HOME = home;
      await records[Symbol.asyncDispose]();
    });

    const pools: Array<[what: string, text: string | null, pool: { bytes: number; running: boolean }]> = [
      ['no stack', null, { bytes: LOCAL_POOL_BYTES, running: false }],
      ['a stack', '{"fabric":{"mem_capacity":1048576}}', { bytes: 1_048_576, running: true }],
      ['a dev.json that is broken', '{', { bytes: LOCAL_POOL_BYTES, running: false }],
      ['a capacity that is none', '{"fabric":{"mem_capacity":"much"}}', { bytes: LOCAL_POOL_BYTES, running: false }],
    ];
    for (const [what, text, pool] of pools) {
      it(`takes the pool of ${what}`, async () => {
        await using folder = await temporaryFolder();
        if (text !== null) await (await makeProgramState(folder.path, 'dev')).write('dev.json', text);
        assert.deepEqual(localPool(folder.path), pool);
      });
    }

    const CELL = { scheduler_url: 'u', tenant_name: 't', ca_cert: 'a', tenant_cert: 'b', tenant_key: 'c' };
    const lists: Array<[what: string, name: string, text: string, words: RegExp | null]> = [
      ['a list of cells', 'aws-cells.json', JSON.stringify([CELL]), null],
      ['another file', 'aws-edge.json', '{', null],
      ['what is no JSON', 'aws-cells.json', '[,]', /not valid JSON \(an unexpected character\)/],
      ['what is no list', 'gcp-cells.json', '{}', /is no list of cells.*grafos cloud adopt gcp/],
      [
        'a cell without its key',
        'aws-cells.json',
        JSON.stringify([{ ...CELL, tenant_key: 5 }]),
        /without "tenant_key"/,
      ],
      ['a cell that is none', 'aws-cells.json', '[null]', /without "scheduler_url"/],
    ];
    for (const [what, name, text, words] of lists) {
      it(`finds ${words === null ? 'nothing' : 'a fault'} in ${what}`, async () => {
        await using folder = await temporaryFolder();
        const state = await makeProgramState(folder.path, 'cloud');
        const path = join(state.path, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
        assert.ok(findProgramState(folder.path, 'cloud'));
        const found = checkCells(folder.path, createProgramFiles(folder.path, new Map()));
        assert.deepEqual(
          found.map(({ code }) => code),
          words === null ? [] : ['GRF5005'],
        );
        if (words !== null) assert.match(found[0]?.message ?? '', words);
      });
    }
  });
});
