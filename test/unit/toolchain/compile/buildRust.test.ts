import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { loadProgram } from '../../../../program/loadProgram.ts';
import { BuildFailedError } from '../../../../toolchain/compile/buildFailed.ts';
import { buildRust } from '../../../../toolchain/compile/buildRust.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { cargoFolder } from '../../../../toolchain/compile/cargoFolder.ts';
import { staleness } from '../../../../toolchain/compile/staleness.ts';
import { checkProfile } from '../../../../wasm/profile.ts';
import { readModule } from '../../../../wasm/read/readModule.ts';
import { CRATE, PROBE, refusal, scratchCrate, toolchain, WORKSPACE } from '../../../helpers/rustCrate.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';
import { runOnHost } from '../../../helpers/taskletHost.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const BUILDER = fileURLToPath(new URL('../../../helpers/rustBuilder.ts', import.meta.url));

describe('building a Rust tasklet', () => {
  let scratch: ScratchProgram;
  let wasm: Uint8Array;
  before(async () => {
    scratch = await scratchCrate();
    wasm = await readFile((await buildTasklet(scratch.program, scratch.tasklet)).output);
  });
  after(() => scratch[Symbol.asyncDispose]());

  it('makes a module of the profile and nothing else', () => {
    assert.deepEqual(checkProfile(readModule(wasm)), []);
    assert.deepEqual(
      readModule(wasm)
        .exports.map(({ name }) => name)
        .sort(),
      ['_grafos_tasklet_finalize', '_grafos_tasklet_init', '_grafos_tasklet_run', 'memory'],
    );
  });

  it('gives every function of the profile to the author', () => {
    const ask = (input: string) =>
      runOnHost(wasm, { input, context: { tasklet: 'demo' }, startNanos: 41n, lease: new Uint8Array(8) });
    assert.equal(ask(' [1, {"a": "\\ud83d\\ude00"}, 1.50]').text, '[1,{"a":"😀"},1.50]');
    assert.deepEqual([ask('').code, ask('').labels], [1, ['empty_input']]);
    assert.deepEqual(ask('[1,').labels, ['unexpected_end']);
    assert.deepEqual(ask('log').log, [[1, 'hello']]);
    assert.equal(ask('memory').text, '{"size":8,"second":97}');
    assert.equal(ask('context').text, '{"context":{"tasklet":"demo"},"clock":41}');
    assert.equal(ask('random').text, '578437695752307201');
    const panicked = ask('panic');
    assert.equal(panicked.trap, 'unreachable');
    assert.match(panicked.log.join(), /^0,panicked at .*grüß 7/);
  });

  it('gives the same bytes in another folder, and names none', async () => {
    await using other = await scratchCrate();
    const { output } = await buildTasklet(other.program, other.tasklet);
    assert.ok(Buffer.from(wasm).equals(await readFile(output)));
    const text = Buffer.from(wasm).toString('latin1');
    assert.ok(!text.includes('/tmp/') && !text.includes('.cargo'), 'a path of this machine is in the module');
  });

  it('gives the same bytes whatever the environment and the settings above say of profiles', async () => {
    await using outer = await temporaryFolder();
    await using other = await scratchCrate();
    const root = join(outer.path, 'inner', 'program');
    await cp(other.root, root, { recursive: true });
    await mkdir(join(outer.path, '.cargo'));
    const settings = '[profile.release]\ndebug = 2\nstrip = "none"\nopt-level = 0\nlto = false\ncodegen-units = 64\n';
    await writeFile(join(outer.path, '.cargo', 'config.toml'), settings);
    const program = loadProgram(root);
    const env = { ...process.env, CARGO_PROFILE_RELEASE_OPT_LEVEL: '0', CARGO_PROFILE_RELEASE_DEBUG: '2' };
    const built = await buildRust(program, other.tasklet, { env });
    const plain = await buildRust(other.program, other.tasklet);
    assert.ok(built.wasm !== null && plain.wasm !== null);
    assert.ok(Buffer.from(built.wasm).equals(plain.wasm));
  });

  it('knows by content whether it is stale', async () => {
    const state = async () => (await staleness(scratch.program, scratch.tasklet)).state;
    assert.equal(await state(), 'fresh');
    for (const file of [
      'demo/src/lib.rs',
      'demo/Cargo.toml',
      'Cargo.toml',
      'Cargo.lock',
      'grafos/src/log.rs',
      'grafos/Cargo.toml',
    ]) {
      const before = await readFile(join(scratch.root, file));
      await scratch.write(file, `${before}\n`);
      assert.equal(await state(), 'stale', file);
      await scratch.write(file, before);
    }
    assert.equal(await state(), 'fresh');
  });

  it('says where the compiler finds a fault', async () => {
    await using broken = await scratchCrate(`${PROBE}fn ü() -> u8 { "é".nope(); 1 }\n`);
    await assert.rejects(buildTasklet(broken.program, broken.tasklet), (error) => {
      assert.ok(error instanceof BuildFailedError);
      const found = error.findings.find(({ code }) => code === 'GRF2207');
      assert.match(found?.message ?? '', /E0599: no method named `nope`/);
      assert.equal(found?.file, join(broken.root, 'demo/src/lib.rs'));
      assert.deepEqual(found?.range.start, { line: PROBE.split('\n').length - 1, character: 19 });
      return true;
    });
  });

  it('says what is wrong with a crate', async () => {
    await using rlib = await scratchCrate(PROBE, CRATE.replace('["cdylib", "rlib"]', '["rlib"]'));
    const failed = (code: string) => (error: unknown) =>
      error instanceof BuildFailedError && error.findings.some((one) => one.code === code);
    await assert.rejects(buildTasklet(rlib.program, rlib.tasklet), failed('GRF2201'));
    await using broken = await scratchCrate(PROBE, '[package\n');
    await assert.rejects(buildTasklet(broken.program, broken.tasklet), failed('GRF2207'));
    await using bare = await scratchCrate('pub fn compute() {}\n');
    await assert.rejects(buildTasklet(bare.program, bare.tasklet), failed('GRF3006'));
  });

  it('takes crates from a folder of the program, and is stale when another version is taken', async () => {
    const lib = `#[no_mangle] pub extern "C" fn _grafos_tasklet_init(_: i32, _: i32) {}
#[no_mangle] pub extern "C" fn _grafos_tasklet_run(_: i32, length: i32) -> i32 { tiny::checked(length) }
#[no_mangle] pub extern "C" fn _grafos_tasklet_finalize() {}
`;
    const settings = '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor/crates"\n';
    const tiny = 'pub fn checked(length: i32) -> i32 { assert!(length != 7, "seven"); 0 }\n';
    await using scratch = await scratchProgram('demo', {
      'Cargo.toml': WORKSPACE,
      'demo/Cargo.toml': CRATE.replace('grafos = { path = "../grafos" }', 'tiny = "1"'),
      'demo/src/lib.rs': lib,
      '.cargo/config.toml': settings,
      // As `cargo vendor` writes it.
      'vendor/crates/tiny/Cargo.toml': '[package]\nname = "tiny"\nversion = "1.0.2"\nedition = "2021"\n',
      'vendor/crates/tiny/src/lib.rs': tiny,
      'vendor/crates/tiny/.cargo-checksum.json': '{"files":{},"package":null}',
    });
    const { output } = await buildTasklet(scratch.program, scratch.tasklet);
    const text = (await readFile(output)).toString('latin1');
    assert.ok(
      text.includes('./vendor/crates/tiny/src/lib.rs') && !text.includes(scratch.root),
      'a path of this machine',
    );
    assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'fresh');
    const lock = await readFile(join(scratch.root, 'Cargo.lock'), 'utf8');
    await scratch.write('Cargo.lock', lock.replace('1.0.2', '1.0.3'));
    assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'stale');
  });

  it('never uses the network', async () => {
    await using needy = await scratchCrate(
      PROBE,
      CRATE.replace('[dependencies]', '[dependencies]\nsome-crate-nobody-has = "1"'),
    );
    await assert.rejects(buildTasklet(needy.program, needy.tasklet), refusal('rust_dependency_missing', /cargo fetch/));
  });
});

describe('builds of one crate, in one process and in several', () => {
  const NAMES = ['one', 'two', 'three'];
  /** A module that does nothing, with the name in a section of its own. */
  const moduleOf = (name: string) =>
    Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 4 + name.length, 3]), Buffer.from(`who${name}`)]);

  it('take each the module of its own tasklet, and leave no lock', async () => {
    const tasklets = NAMES.map((name) => `[[tasklet]]\nname = "${name}"\nsource = "src/tasklets/${name}.rs"\n`);
    await using scratch = await scratchProgram('demo', {
      'grafos.toml': `[program]\nname = "demo"\nversion = "0.1.0"\n${tasklets.join('')}`,
      'Cargo.toml': CRATE,
      ...Object.fromEntries(NAMES.map((name) => [`module.${name}`, moduleOf(name)])),
    });
    const { root } = scratch;
    const artifact = join(await cargoFolder(root, 'build'), 'demo.wasm');
    const message = {
      reason: 'compiler-artifact',
      target: { kind: ['cdylib'], src_path: join(root, 'src', 'lib.rs') },
      filenames: [artifact],
    };
    // A cargo that is done at once: its artifact is of the tasklet that was built last.
    const cargo = `cat '${root}/module.'"$GRAFOS_TASKLET" > '${artifact}'
: > '${artifact.replace(/wasm$/, 'd')}'
echo '${JSON.stringify(message)}'`;
    const sysroot = join(root, 'whole');
    await mkdir(join(sysroot, 'lib', 'rustlib', 'wasm32-unknown-unknown', 'lib'), { recursive: true });
    const bin = await toolchain(join(root, 'bin'), sysroot, cargo);
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, CARGO: join(bin, 'cargo') };
    const names = [...NAMES, ...NAMES];
    const builders = [1, 2, 3].map(() =>
      spawn(process.execPath, [BUILDER, root, ...names], { env, stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const said = builders.map(() => '');
    const ready = builders.map(({ stdout }, index) => {
      stdout.setEncoding('utf8').on('data', (text: string) => {
        said[index] += text;
      });
      return once(stdout, 'data');
    });
    await Promise.all(ready);
    const ended = builders.map((one) => once(one, 'close'));
    for (const { stdin } of builders) stdin.write('go\n');
    await Promise.all(ended);
    const sha256 = (name: string) => createHash('sha256').update(moduleOf(name)).digest('hex');
    const expected = names.map((name) => `${name} ${sha256(name)}`).sort();
    for (const text of said) assert.deepEqual(text.trim().split('\n').slice(1).sort(), expected);
    assert.deepEqual(await readdir(join(root, '.grafos', 'build')), [basename(await cargoFolder(root, 'build'))]);
  });
});

describe('the recipe in Rust', () => {
  const recipe = join(packageRoot, 'cookbook', 'local-dev-rust');

  it('carries grafos-std as it is', async () => {
    const [own, vendored] = [join(packageRoot, 'sdk', 'rust'), join(recipe, 'vendor', 'grafos')];
    const files: string[] = [];
    for (const crate of ['', 'std', 'macros']) {
      const sources = await readdir(join(own, crate, 'src'));
      files.push(join(crate, 'Cargo.toml'), ...sources.map((name) => join(crate, 'src', name)));
    }
    for (const file of files) {
      const advice = `${file} differs: copy Cargo.toml and src of sdk/rust, sdk/rust/std and sdk/rust/macros to cookbook/local-dev-rust/vendor/grafos`;
      assert.equal(await readFile(join(vendored, file), 'utf8'), await readFile(join(own, file), 'utf8'), advice);
    }
    const carried = (await readdir(vendored, { recursive: true })).filter((name) => /\.(rs|toml)$/.test(name));
    assert.deepEqual(carried.sort(), files.sort());
  });

  it('is the same tasklet as the one in AssemblyScript', () => {
    assert.equal(loadProgram(recipe).manifest.tasklets[0]?.name, 'local-dev');
  });
});
