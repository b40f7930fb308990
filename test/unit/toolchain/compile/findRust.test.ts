import assert from 'node:assert/strict';
import { chmod, cp, mkdir, symlink, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../../../base/grafosError.ts';
import { packageRoot } from '../../../../base/packageRoot.ts';
import { buildRust } from '../../../../toolchain/compile/buildRust.ts';
import { linkerAdvice } from '../../../../toolchain/compile/findRust.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

const CRATE = `[package]
name = "demo"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
grafos = { path = "../grafos" }
`;

/**
 * It is at the program's root, so that the paths of all crates are relative to it: absolute ones
 * would go into the names of symbols.
 */
const WORKSPACE = '[workspace]\nmembers = ["demo"]\n\n[profile.release]\nlto = true\ncodegen-units = 1\n';

const PROBE = `use grafos::{Json, FabricMemory};

fn compute(input: &[u8]) -> Result<Json, &'static str> {
    match input {
        b"panic" => panic!("grüß {}", 7),
        b"log" => grafos::warn("hello"),
        b"memory" => {
            FabricMemory::write(2, b"abc").map_err(|error| error.label())?;
            let mut back = [0; 4];
            FabricMemory::read(1, &mut back).map_err(|error| error.label())?;
            return Ok(Json::from([("size", Json::from(FabricMemory::size().unwrap())), ("second", i64::from(back[1]).into())]));
        }
        b"context" => return Ok(Json::from([("context", grafos::context()), ("clock", grafos::clock().into())])),
        b"random" => return Ok(grafos::random_u64().into()),
        b"" => return Err("empty_input"),
        _ => return Json::parse(input).map_err(|error| error.label),
    }
    Ok(Json::Null)
}

grafos::tasklet!(compute);
`;

async function scratchCrate(text = PROBE, cargo = CRATE): Promise<ScratchProgram> {
  const scratch = await scratchProgram('demo', {
    'Cargo.toml': WORKSPACE,
    'demo/Cargo.toml': cargo,
    'demo/src/lib.rs': text,
  });
  await cp(join(packageRoot, 'sdk', 'rust', 'src'), join(scratch.root, 'grafos', 'src'), { recursive: true });
  await cp(join(packageRoot, 'sdk', 'rust', 'Cargo.toml'), join(scratch.root, 'grafos', 'Cargo.toml'));
  return scratch;
}

const refusal = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof GrafosError, String(error));
  assert.equal(error.code, code);
  assert.match(`${error.why} ${error.next}`, words);
  return true;
};

/** A folder with a `cargo` and a `rustc` that are shell scripts. */
async function toolchain(folder: string, sysroot: string, cargo = 'exit 0'): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of [
    ['cargo', cargo],
    ['rustc', `echo '${sysroot}'`],
  ]) {
    await writeFile(join(folder, name ?? ''), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name ?? ''), 0o755);
  }
  return folder;
}

describe('looking for Rust', () => {
  it('says that there is none', async () => {
    await using scratch = await scratchCrate();
    await assert.rejects(
      buildRust(scratch.program, scratch.tasklet, { env: { PATH: scratch.root } }),
      refusal('rust_missing', /rustup target add wasm32-unknown-unknown/),
    );
  });

  it('says which command adds the target', async () => {
    await using scratch = await scratchCrate();
    const sysroot = join(scratch.root, 'toolchains', 'stable-host');
    const PATH = await toolchain(join(scratch.root, 'bin'), sysroot);
    const build = () => buildRust(scratch.program, scratch.tasklet, { env: { PATH } });
    await assert.rejects(
      build(),
      refusal('rust_target_missing', /`rustup target add --toolchain stable-host wasm32-unknown-unknown`/),
    );
  });

  it('passes over a toolchain without the target', async () => {
    await using scratch = await scratchCrate();
    const without = await toolchain(
      join(scratch.root, 'a'),
      join(scratch.root, 'nothing'),
      'echo the wrong one >&2; exit 1',
    );
    const sysroot = join(scratch.root, 'whole');
    await mkdir(join(sysroot, 'lib', 'rustlib', 'wasm32-unknown-unknown', 'lib'), { recursive: true });
    const whole = await toolchain(join(scratch.root, 'b'), sysroot, 'echo "the right one, with $RUSTC" >&2; exit 1');
    const told = async (PATH: string) =>
      (await buildRust(scratch.program, scratch.tasklet, { env: { PATH } })).diagnostics[0]?.message.split('\n');
    const right = `${join(whole, 'cargo')} stopped: the right one, with ${join(whole, 'rustc')}`;
    const passed = `${join(without, 'cargo')} comes before it on the PATH, but cannot build for wasm32-unknown-unknown: `;
    const [first, second] = (await told(`${without}:${whole}`)) ?? [];
    assert.equal(first, right);
    assert.ok(second?.startsWith(passed), second);
    assert.match(second ?? '', /`(?:rustup|apt-get) .*` adds it\.$/);
    assert.deepEqual(await told(`${whole}:${without}`), [right]);
  });

  it('says which package brings the linker', async () => {
    await using scratch = await scratchCrate();
    await symlink('lld-99', join(scratch.root, 'rust-lld'));
    assert.match(linkerAdvice({ PATH: scratch.root }), /`apt-get install lld-99`/);
  });

  it('ends everything cargo started when it is cancelled', async () => {
    await using scratch = await scratchCrate();
    const sysroot = join(scratch.root, 'whole');
    await mkdir(join(sysroot, 'lib', 'rustlib', 'wasm32-unknown-unknown', 'lib'), { recursive: true });
    // The child of cargo holds its output open: the build could not end before the child does.
    const PATH = await toolchain(
      join(scratch.root, 'bin'),
      sysroot,
      `/bin/sleep 600 &\n: > '${scratch.root}/started'\nwait`,
    );
    const abort = new AbortController();
    const building = buildRust(scratch.program, scratch.tasklet, { env: { PATH }, signal: abort.signal });
    const seen = (async () => {
      for await (const { filename } of watch(scratch.root, { signal: AbortSignal.timeout(30_000) }))
        if (filename === 'started') return;
    })();
    await Promise.race([seen, building]);
    abort.abort(new Error('enough'));
    await assert.rejects(building, /enough/);
  });
});
