import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compilerChecks } from '../../../../toolchain/stack/compilerChecks.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const signal = () => AbortSignal.timeout(30_000);
const NOWHERE = { PATH: '' };

describe('the compilers as the doctor sees them', () => {
  it('are those that the tasklets need: no cargo where nothing is Rust', async () => {
    await using program = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': '' });
    const checks = await compilerChecks(program.root, NOWHERE, signal());
    assert.deepEqual(
      checks.map(({ name, status }) => [name, status]),
      [['assemblyscript', 'ok']],
    );
    assert.match(checks[0]?.message ?? '', /assemblyscript@\d/);
  });

  it('name WebAssembly text where a tasklet is written in it', async () => {
    await using program = await scratchProgram('tasklets/demo.wat', { 'tasklets/demo.wat': '(module)' });
    const checks = await compilerChecks(program.root, NOWHERE, signal());
    assert.deepEqual(
      checks.map(({ name }) => name),
      ['wat'],
    );
  });

  it('fail where a Rust tasklet has no cargo, and say how to install it', async () => {
    await using program = await scratchProgram('tasklets/demo', {
      'tasklets/demo/Cargo.toml': '[package]\nname = "demo"\n',
    });
    await mkdir(join(program.root, 'empty'));
    const [rust] = await compilerChecks(program.root, { PATH: join(program.root, 'empty') }, signal());
    assert.equal(rust?.name, 'rust');
    assert.equal(rust?.status, 'fail');
    assert.match(rust?.message ?? '', /no cargo/);
    assert.match(rust?.next ?? '', /rustup/);
  });

  it('are not looked for in a program whose manifest cannot be read, which is said', async () => {
    await using program = await scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': '' });
    await program.write('grafos.toml', '[program\n');
    const [manifest, second] = await compilerChecks(program.root, NOWHERE, signal());
    assert.deepEqual([manifest?.name, manifest?.status, second], ['manifest', 'fail', undefined]);
  });
});
