import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { findTasklet, loadProgram } from '../../../../program/loadProgram.ts';
import { rustSource } from '../../../../program/rustSource.ts';
import { validateBounded } from '../../../../toolchain/bounded/validateBounded.ts';
import { BuildFailedError } from '../../../../toolchain/compile/buildFailed.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { staleness } from '../../../../toolchain/compile/staleness.ts';
import { checkProfile } from '../../../../wasm/profile.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';
import { runOnHost } from '../../../helpers/taskletHost.ts';

const CRATE = `[package]
name = "two"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
grafos_std = { path = "vendor/grafos/std" }

[profile.release]
lto = true
codegen-units = 1
`;

const LIB = `mod tasklets {
    pub mod add_one;
    #[path = "local-dev.rs"]
    pub mod local_dev;
}
`;

const LOCAL_DEV = `use grafos_std::Output;

#[grafos_std::tasklet]
pub fn local_dev(input: &[u8]) -> Output {
    Output::json([("ran_in", "local-dev".into()), ("input_bytes", input.len().into())])
}
`;

const ADD_ONE = `use grafos_std::Json;

/// Adds one.
#[grafos_std::tasklet]
pub fn add_one(input: &[u8]) -> Result<Json, &'static str> {
    let given = Json::parse(input).map_err(|error| error.label)?;
    let current = given.get("current").and_then(Json::as_u64).ok_or("invalid_input")?;
    Ok(current.checked_add(1).ok_or("counter_overflow")?.into())
}
`;

/** @param addOne the file of the second tasklet, without its extension */
const manifest = (addOne = 'add_one') =>
  `[program]\nname = "two"\nversion = "0.1.0"\n\n[[tasklet]]\nname = "local-dev"\nsource = "src/tasklets/local-dev.rs"\n\n[[tasklet]]\nname = "add-one"\nsource = "src/tasklets/${addOne}.rs"\n`;

async function scratchTasklets(files: Record<string, string> = {}): Promise<ScratchProgram> {
  const scratch = await scratchProgram('demo', {
    'grafos.toml': manifest(),
    'Cargo.toml': CRATE,
    'src/lib.rs': LIB,
    'src/tasklets/local-dev.rs': LOCAL_DEV,
    'src/tasklets/add_one.rs': ADD_ONE,
    ...files,
  });
  await cp(join(packageRoot, 'sdk', 'rust'), join(scratch.root, 'vendor', 'grafos'), {
    recursive: true,
    filter: (path) => !/[/\\](target|tests)$/.test(path),
  });
  return scratch;
}

describe('tasklets of one Rust crate', () => {
  let scratch: ScratchProgram;
  const modules = new Map<string, Buffer>();
  const build = async ({ root }: ScratchProgram, name: string) => {
    const program = loadProgram(root);
    return readFile((await buildTasklet(program, findTasklet(program, name))).output);
  };
  const state = async (name: string) => {
    const program = loadProgram(scratch.root);
    return (await staleness(program, findTasklet(program, name))).state;
  };
  before(async () => {
    scratch = await scratchTasklets();
    for (const name of ['local-dev', 'add-one']) modules.set(name, await build(scratch, name));
  });
  after(() => scratch[Symbol.asyncDispose]());

  it('are a module each, of the profile and nothing else', () => {
    const run = (name: string, input: string) => runOnHost(modules.get(name) ?? Buffer.of(), { input });
    assert.equal(run('local-dev', 'abc').text, '{"ran_in":"local-dev","input_bytes":3}');
    assert.equal(run('add-one', '{"current":41}').text, '42');
    assert.deepEqual(run('add-one', '{}').labels, ['invalid_input']);
    assert.deepEqual(run('add-one', '{"current":18446744073709551615}').labels, ['counter_overflow']);
    for (const module of modules.values()) {
      assert.deepEqual(checkProfile(readModule(module)), []);
      assert.deepEqual(
        readModule(module)
          .exports.map(({ name }) => name)
          .sort(),
        ['_grafos_tasklet_finalize', '_grafos_tasklet_init', '_grafos_tasklet_run', 'memory'],
      );
    }
  });

  it('are the same bytes when they are built again in turn, and in another folder', async () => {
    for (const name of ['local-dev', 'add-one', 'local-dev'])
      assert.ok(modules.get(name)?.equals(await build(scratch, name)), name);
    await using other = await scratchTasklets();
    for (const name of ['add-one', 'local-dev'])
      assert.ok(modules.get(name)?.equals(await build(other, name)), `${name} in another folder`);
  });

  it('are stale when the source changes, and when the manifest names another of the crate', async () => {
    assert.deepEqual([await state('local-dev'), await state('add-one')], ['fresh', 'fresh']);
    await scratch.write('grafos.toml', manifest('local-dev'));
    assert.deepEqual([await state('local-dev'), await state('add-one')], ['fresh', 'stale']);
    await scratch.write('grafos.toml', manifest());
    await scratch.write('src/tasklets/add_one.rs', `${ADD_ONE}\n`);
    assert.deepEqual([await state('local-dev'), await state('add-one')], ['stale', 'stale']);
    await scratch.write('src/tasklets/add_one.rs', ADD_ONE);
    assert.equal(await state('add-one'), 'fresh');
  });

  it('have no findings', async () => {
    await using other = await scratchTasklets();
    const found = await validateBounded(other.root, { mayStartCargo: true });
    assert.deepEqual(
      found.filter(({ code }) => code !== 'GRF3001'),
      [],
    );
  });

  it('need a function of the name of their file', async () => {
    await using other = await scratchTasklets({
      'src/tasklets/add_one.rs': ADD_ONE.replace('fn add_one', 'fn add_two'),
    });
    await assert.rejects(
      build(other, 'add-one'),
      (error) => error instanceof BuildFailedError && error.findings.some(({ code }) => code === 'GRF3006'),
    );
  });

  const faults: [what: string, text: string, words: RegExp, line: number][] = [
    ['a struct', '#[grafos_std::tasklet]\npub struct Odd;\n', /is for an ordinary function/, 1],
    ['an async function', '#[grafos_std::tasklet]\npub async fn odd(_: &[u8]) {}\n', /is for an ordinary function/, 1],
    ['arguments', '#[grafos_std::tasklet(fast)]\npub fn odd(_: &[u8]) {}\n', /takes no arguments/, 0],
    ['generics', '#[grafos_std::tasklet]\npub fn odd<T>(_: &[u8]) {}\n', /no generic parameters/, 1],
    ['another result', '#[grafos_std::tasklet]\npub fn add_one(_: &[u8]) -> u8 { 1 }\n', /Answer/, 1],
  ];
  for (const [what, text, words, line] of faults) {
    it(`say where the attribute is on ${what}`, async () => {
      await using other = await scratchTasklets({ 'src/tasklets/add_one.rs': text });
      const found = await validateBounded(other.root, { mayStartCargo: true, tasklet: 'add-one' });
      const errors = found.filter(({ severity }) => severity === 'error');
      assert.ok(errors.length > 0);
      assert.match(errors.map(({ message }) => message).join('\n'), words);
      assert.deepEqual(
        [errors[0]?.file, errors[0]?.range.start.line],
        [join(other.root, 'src/tasklets/add_one.rs'), line],
      );
    });
  }

  it('are told from a folder by the path of the source', () => {
    assert.deepEqual(rustSource('src/tasklets/a-b.rs'), { crate: '', entry: 'src/tasklets/a-b.rs', function: 'a_b' });
    assert.deepEqual(rustSource('x/y/src/tasklets/a.rs'), {
      crate: 'x/y',
      entry: 'x/y/src/tasklets/a.rs',
      function: 'a',
    });
    assert.deepEqual(rustSource('x'), { crate: 'x', entry: 'x/src/lib.rs', function: null });
  });
});
