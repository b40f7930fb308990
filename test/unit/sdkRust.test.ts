import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import { findRust } from '../../toolchain/build/findRust.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

/** `cargo test` on a copy, with everything it makes. @returns the names of the tests that passed */
async function cargoTest(folder: string): Promise<string[]> {
  await using copy = await temporaryFolder();
  await cp(folder, copy.path, { recursive: true, filter: (path) => !/[/\\](target|build|\.grafos)$/.test(path) });
  const { cargo, rustc } = await findRust(copy.path, process.env);
  const env = { ...process.env, RUSTC: rustc, RUSTDOC: join(dirname(rustc), 'rustdoc'), CARGO_TERM_COLOR: 'never' };
  const { stdout } = await promisify(execFile)(
    cargo,
    ['test', '--offline', '--target-dir', join(copy.path, 'target')],
    { cwd: copy.path, env },
  );
  return [...stdout.matchAll(/^test (.+) \.\.\. ok$/gm)].map(([, name = '']) => name);
}

describe('grafos-std for Rust', () => {
  it('passes its own tests on the host', async () => {
    const passed = await cargoTest(join(packageRoot, 'sdk', 'rust'));
    assert.ok(passed.includes('invalid_texts_are_refused_with_a_label_and_a_place'), passed.join());
    assert.ok(passed.length >= 6, passed.join());
  });

  it('lets a tasklet be tested on the host', async () => {
    const passed = await cargoTest(join(packageRoot, 'cookbook', 'local-dev-rust'));
    assert.ok(passed.includes('tests::counts_its_input'), passed.join());
  });
});
