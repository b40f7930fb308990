import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import type { PlacedResponse } from '../../toolchain/places/responseWithPlaces.ts';
import { grafos } from '../helpers/grafosCommand.ts';
import { noProcessNames } from '../helpers/processesNaming.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';

const BOUND = 16 * 1024 * 1024;

/** AssemblyScript whose output has as many bytes as its input says. */
const BYTES = `export function compute(input: string): Uint8Array {
  return new Uint8Array(i32.parse(input));
}
`;

const TEXT = `export function compute(input: string): string {
  return "x".repeat(i32.parse(input));
}
`;

const RUST = `pub fn compute(input: &[u8]) -> Result<Vec<u8>, &'static str> {
    let length = core::str::from_utf8(input).ok().and_then(|text| text.parse().ok()).ok_or("no_number")?;
    Ok(vec![b'x'; length])
}

grafos::tasklet!(compute);
`;

const tasklet = (name: string, source: string) =>
  `[[tasklet]]\nname = "${name}"\nsource = "${source}"\nfixtures = "fixtures"\nfuel = 2_000_000_000\nlinear_memory = "200MiB"\n`;

const FILES = {
  'grafos.toml': [
    '[program]\nname = "large"\nversion = "0.1.0"\n',
    tasklet('bytes', 'tasklets/bytes.ts'),
    tasklet('text', 'tasklets/text.ts'),
    tasklet('rust', 'tasklets/rust'),
  ].join('\n'),
  'tasklets/bytes.ts': BYTES,
  'tasklets/text.ts': TEXT,
  'tasklets/rust/src/lib.rs': RUST,
  'tasklets/rust/Cargo.toml':
    '[package]\nname = "rust"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\ncrate-type = ["cdylib", "rlib"]\n\n[dependencies]\ngrafos = { path = "../../vendor/grafos" }\n',
  'Cargo.toml': '[workspace]\nresolver = "2"\nmembers = ["tasklets/rust"]\n',
  'fixtures/past.input.bin': String(BOUND + 1),
  'fixtures/past.expected.json': '{ "$error": "output_too_large" }',
  'fixtures/far-past.input.bin': '20000000',
  'fixtures/far-past.expected.json': '{ "$error": "output_too_large" }',
};

describe('an output past its bound', () => {
  let program: ProgramCopy;
  before(async () => {
    program = await programOf(FILES);
    const vendored = join(packageRoot, 'cookbook', 'local-dev-rust', 'vendor');
    await cp(vendored, join(program.path, 'vendor'), { recursive: true });
  });
  after(async () => {
    await program[Symbol.asyncDispose]();
    await noProcessNames(program.path);
  });

  it('is what a fixture may expect, of bytes, of text and in Rust', async () => {
    const { code, stdout, stderr } = await grafos(['test'], { cwd: program.path });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /\b6 passed/);
  });

  it('is not there at the bound itself, and one byte later is said with its code and no false line', async () => {
    const cwd = program.path;
    await grafos(['dev', 'up'], { cwd });
    const run = async (name: string, bytes: number) => {
      await writeFile(join(cwd, 'input'), String(bytes));
      const { stdout } = await grafos(['deploy', 'run', '--tasklet', name, '--input', 'input', '--json'], { cwd });
      return JSON.parse(stdout) as PlacedResponse;
    };
    for (const name of ['bytes', 'text', 'rust']) {
      assert.equal((await run(name, BOUND)).error, null, name);
      const { error } = await run(name, BOUND + 1);
      assert.equal(error?.code, 'output_too_large', name);
      assert.ok(
        (error?.places ?? []).every((place) => place.function !== 'inputText'),
        name,
      );
    }
  });
});
