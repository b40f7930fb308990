import assert from 'node:assert/strict';
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { type ScratchProgram, scratchProgram } from './scratchProgram.ts';

export const CRATE = `[package]
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
export const WORKSPACE = '[workspace]\nmembers = ["demo"]\n\n[profile.release]\nlto = true\ncodegen-units = 1\n';

export const PROBE = `use grafos::{Json, FabricMemory};

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

/** A program of one Rust crate, with the SDK beside it. */
export async function scratchCrate(text = PROBE, cargo = CRATE): Promise<ScratchProgram> {
  const scratch = await scratchProgram('demo', {
    'Cargo.toml': WORKSPACE,
    'demo/Cargo.toml': cargo,
    'demo/src/lib.rs': text,
  });
  await cp(join(packageRoot, 'sdk', 'rust', 'src'), join(scratch.root, 'grafos', 'src'), { recursive: true });
  await cp(join(packageRoot, 'sdk', 'rust', 'Cargo.toml'), join(scratch.root, 'grafos', 'Cargo.toml'));
  return scratch;
}

/** Accepts a `GrafosError` of a code whose advice has words. */
export const refusal = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof GrafosError, String(error));
  assert.equal(error.code, code);
  assert.match(`${error.why} ${error.next}`, words);
  return true;
};

/** A folder with a `cargo` and a `rustc` that are shell scripts. */
export async function toolchain(folder: string, sysroot: string, cargo = 'exit 0'): Promise<string> {
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
