import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import { validateBounded } from '../../toolchain/bounded/validateBounded.ts';
import { buildTasklet } from '../../toolchain/build/buildTasklet.ts';
import { compileRust } from '../../toolchain/language/compileRust.ts';
import { validate } from '../../toolchain/validate/validate.ts';
import { grafos } from '../helpers/grafosCommand.ts';
import { type ScratchProgram, scratchProgram } from '../helpers/scratchProgram.ts';

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
    assert.match(stdout, /^ {2}E0308: mismatched types$/m);
    assert.match(stdout, /^ +expected .*String`, found `&str`$/m);
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

  const lacks: [what: string, env: NodeJS.ProcessEnv, dependencies: string, words: RegExp][] = [
    ['there is no cargo', { PATH: '/nowhere' }, '', /was not compiled.*there is no cargo on this machine/],
    ['CARGO is not there', { ...process.env, CARGO: '/nowhere/cargo' }, '', /CARGO is \/nowhere\/cargo.*Correct CARGO/],
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
