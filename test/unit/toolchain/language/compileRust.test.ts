import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { validateBounded } from '../../../../toolchain/bounded/validateBounded.ts';
import { buildTasklet } from '../../../../toolchain/compile/buildTasklet.ts';
import { buildTool } from '../../../../toolchain/compile/buildTool.ts';
import { makeStamp, stampSection } from '../../../../toolchain/compile/sourceStamp.ts';
import { staleness } from '../../../../toolchain/compile/staleness.ts';
import { readSections, writeSections } from '../../../../toolchain/compile/wasmSections.ts';
import { compileRust } from '../../../../toolchain/language/compileRust.ts';
import { doctor } from '../../../../toolchain/stack/doctor.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { grafos } from '../../../helpers/grafosCommand.ts';
import { NOWHERE } from '../../../helpers/nowhere.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

const GRAFOS = join(packageRoot, 'sdk', 'rust').replaceAll('\\', '/');
const crate = (dependencies = '') =>
  `[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\ncrate-type = ["cdylib", "rlib"]\n\n[dependencies]\ngrafos = { path = "${GRAFOS}" }\n${dependencies}`;
const source = (body: string) =>
  `pub fn compute(input: &[u8]) -> Result<Vec<u8>, &'static str> {\n    ${body}\n    Ok(input.to_vec())\n}\n\ngrafos::tasklet!(compute);\n`;

const scratchCrate = (body: string, manifest = crate()): Promise<ScratchProgram> =>
  scratchProgram('demo', { 'demo/Cargo.toml': manifest, 'demo/src/lib.rs': source(body) });

describe('validating Rust', () => {
  const faults: [what: string, body: string, code: string][] = [
    ['a wrong type', 'let _x: u32 = "a";', 'E0308'],
    ['a value that moved', 'let a = input.to_vec(); drop(a); let _b = a;', 'E0382'],
    ['a name that is not there', 'nope();', 'E0425'],
  ];
  for (const [what, body, code] of faults) {
    it(`finds ${what}, which no scan finds`, async () => {
      await using scratch = await scratchCrate(body);
      assert.ok(!(await validate(scratch.root)).some(({ severity }) => severity === 'error'));
      const errors = (await validateBounded(scratch.root, { mayStartCargo: true })).filter(
        ({ severity }) => severity === 'error',
      );
      assert.deepEqual(
        errors.map((one) => [one.code, one.file, one.range.start.line, one.message.slice(0, 5)]),
        [['GRF2207', join(scratch.root, 'demo/src/lib.rs'), 1, code]],
      );
    });
  }

  it('says so in words, each line of the compiler on a line of its own, and exits with 1', async () => {
    await using scratch = await scratchCrate('let _x: String = "a";');
    const env = { ...process.env, XDG_STATE_HOME: join(scratch.root, 'state') };
    const { code, stdout } = await grafos(['validate'], { cwd: scratch.root, env });
    assert.equal(code, 1, stdout);
    assert.match(stdout, /^error GRF2207 demo[/\\]src[/\\]lib\.rs:2:/m);
    assert.match(stdout, /^ {2}E0308: mismatched types\n {4}expected .*String`, found `&.*str`$/m);
    const built = await grafos(['tasklet', 'build'], { cwd: scratch.root, env });
    assert.equal(built.code === 0, false);
    assert.equal(built.stderr.match(/E0308/g)?.length, 2, built.stderr);
    assert.match(built.stderr, /^ {2}why: {2}.*lib\.rs:2:\d+: E0308: mismatched types$/m);
  });

  it('has nothing to add of a tasklet that compiles, or that was built from what it is', async () => {
    await using scratch = await scratchCrate('');
    assert.deepEqual(await compileRust(scratch.root, { mayStartCargo: true }), []);
    const { cargo } = await buildTasklet(scratch.program, scratch.tasklet);
    assert.match(cargo ?? '', /cargo/);
    // A fresh module needs no cargo at all.
    assert.deepEqual(await compileRust(scratch.root, { mayStartCargo: false, env: { PATH: '' } }), []);
    await scratch.write('demo/src/lib.rs', source('nope();'));
    assert.deepEqual(
      (await compileRust(scratch.root, { mayStartCargo: true })).map(({ code }) => code),
      ['GRF2207'],
    );
  });

  it('compiles a tasklet whose module has a forged stamp', async () => {
    await using scratch = await scratchCrate('nope();');
    const files = await Promise.all(
      ['demo/Cargo.toml', 'demo/src/lib.rs'].map(async (path) => ({
        path,
        content: await readFile(join(scratch.root, path)),
      })),
    );
    const stamp = stampSection(makeStamp(buildTool(scratch.tasklet), files));
    await scratch.write('build/demo.wasm', writeSections([...readSections(compileWat('(module)')), stamp]));
    assert.equal((await staleness(scratch.program, scratch.tasklet)).state, 'foreign');
    const found = await validateBounded(scratch.root, { mayStartCargo: true });
    assert.deepEqual(
      found.filter(({ severity }) => severity === 'error').map(({ code }) => code),
      ['GRF2207'],
    );
  });

  const lacks: [what: string, env: NodeJS.ProcessEnv, dependencies: string, words: RegExp][] = [
    ['there is no cargo', { PATH: NOWHERE }, '', /was not compiled.*there is no cargo on this machine/],
    [
      'CARGO is not there',
      { ...process.env, CARGO: join(NOWHERE, 'cargo') },
      '',
      /CARGO is .*nowhere.cargo.*Correct CARGO/,
    ],
    ['a dependency is missing', process.env, 'nobody-has-this = "1"\n', /cargo fetch` in .*demo once/],
  ];
  for (const [what, env, dependencies, words] of lacks) {
    it(`says that it compiled nothing where ${what}`, async () => {
      await using scratch = await scratchCrate('nope();', crate(dependencies));
      const found = await compileRust(scratch.root, { mayStartCargo: true, env });
      assert.deepEqual(
        found.map(({ code, severity }) => [code, severity]),
        [['GRF2209', 'warning']],
      );
      assert.match(found[0]?.message ?? '', words);
    });
  }

  it('starts no cargo unless it may', async () => {
    await using scratch = await scratchCrate('nope();');
    const found = (await validateBounded(scratch.root)).filter(({ code }) => code.startsWith('GRF22'));
    assert.deepEqual(
      found.map(({ code }) => code),
      ['GRF2209'],
    );
  });

  /** Each leaves `ran` in the program's folder when something of the crate is started. */
  const running: [what: string, files: Record<string, string>][] = [
    [
      'a build script',
      {
        'demo/Cargo.toml': crate().replace('[lib]', 'build = "build.rs"\n\n[lib]'),
        'demo/build.rs': 'fn main() { std::fs::write("../ran", "").unwrap(); }\n',
      },
    ],
    [
      'a procedural macro',
      {
        'demo/Cargo.toml': crate('planted = { path = "planted" }\n'),
        'demo/planted/Cargo.toml':
          '[package]\nname = "planted"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\nproc-macro = true\n',
        'demo/planted/src/lib.rs':
          'extern crate proc_macro;\n\n#[proc_macro]\npub fn plant(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    std::fs::write("ROOT/ran", "").unwrap();\n    proc_macro::TokenStream::new()\n}\n',
        'demo/src/lib.rs': `planted::plant!();\n${source('')}`,
      },
    ],
    [
      'a compiler of its own',
      {
        'demo/Cargo.toml': crate(),
        'demo/.cargo/config.toml': '[build]\nrustc-wrapper = "ROOT/wrapper"\n',
        wrapper: '#!/bin/sh\ntouch "ROOT/ran"\nexec "$@"\n',
      },
    ],
  ];
  for (const [what, files] of running) {
    it(`runs nothing of a crate with ${what} under --no-compile, and all of it without`, async function () {
      if (process.platform === 'win32') this.skip();
      await using scratch = await scratchCrate('');
      for (const [path, text] of Object.entries(files))
        await scratch.write(path, text.replaceAll('ROOT', scratch.root));
      if ('wrapper' in files) await chmod(join(scratch.root, 'wrapper'), 0o755);
      const env = { ...process.env, XDG_STATE_HOME: join(scratch.root, 'state') };
      const careful = await grafos(['validate', '--no-compile', '--json'], { cwd: scratch.root, env });
      const codes = JSON.parse(careful.stdout).findings.map(({ code }: { code: string }) => code);
      assert.deepEqual([careful.code, codes.includes('GRF2209')], [0, true], careful.stdout);
      await validateBounded(scratch.root);
      await doctor(scratch.root, AbortSignal.timeout(30_000));
      assert.equal(existsSync(join(scratch.root, 'ran')), false);
      // It would have: the test sees what it looks for.
      await grafos(['validate'], { cwd: scratch.root, env });
      assert.equal(existsSync(join(scratch.root, 'ran')), true);
    });
  }

  it('uses the cargo that CARGO names, and no other when that one cannot build', async () => {
    await using scratch = await scratchCrate('');
    const folder = join(scratch.root, 'old');
    await mkdir(folder);
    for (const [name, text] of [
      ['cargo', 'exit 1'],
      ['rustc', `echo '${scratch.root}'`],
    ]) {
      await writeFile(join(folder, name ?? ''), `#!/bin/sh\n${text}\n`);
      await chmod(join(folder, name ?? ''), 0o755);
    }
    const CARGO = join(folder, 'cargo');
    const found = await compileRust(scratch.root, { mayStartCargo: true, env: { ...process.env, CARGO } });
    assert.equal(found.length, 1);
    assert.ok(found[0]?.message.includes(`CARGO names the cargo to use. ${CARGO} cannot build for it.`));
  });
});
