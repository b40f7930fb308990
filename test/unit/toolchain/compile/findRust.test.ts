import assert from 'node:assert/strict';
import { mkdir, symlink, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { buildRust } from '../../../../toolchain/compile/buildRust.ts';
import { linkerAdvice } from '../../../../toolchain/compile/findRust.ts';
import { refusal, scratchCrate, toolchain } from '../../../helpers/rustCrate.ts';

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
