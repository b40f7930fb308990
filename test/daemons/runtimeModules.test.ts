import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import { compileWat } from '../helpers/compileWat.ts';
import { type Cell, startRuntime, tasklet } from './runtimeHarness.ts';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const good = tasklet({
  run: '(call $answer32 (i32.const 9)) (i32.const 0)',
  more: '(func $unused (param i64) (drop (local.get 0)))',
});

/** A module with one more section at its end. */
function withSection(id: number, content: number[]): Uint8Array {
  return Uint8Array.from([...good, id, content.length, ...content]);
}

const HOSTILE: Array<[what: string, bytes: Uint8Array, code: 'module_invalid' | 'profile_violation']> = [
  ['nothing', new Uint8Array(0), 'module_invalid'],
  ['one byte', Uint8Array.of(0), 'module_invalid'],
  ['text', Buffer.from('(module)'), 'module_invalid'],
  ['an ELF file', Buffer.from('\x7fELF\x02\x01\x01\0'), 'module_invalid'],
  ['another version', Uint8Array.from([...HEADER.slice(0, 4), 2, 0, 0, 0]), 'module_invalid'],
  ['a component', Uint8Array.from([...HEADER.slice(0, 4), 13, 0, 1, 0]), 'module_invalid'],
  ['an empty module', Uint8Array.from(HEADER), 'profile_violation'],
  ['a section longer than the file', Uint8Array.from([...HEADER, 1, 0x7f]), 'module_invalid'],
  ['a section of 4 GiB', Uint8Array.from([...HEADER, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]), 'module_invalid'],
  ['four thousand million types', Uint8Array.from([...HEADER, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]), 'module_invalid'],
  ['a section no one knows', withSection(99, [0]), 'module_invalid'],
  ['a second code section', withSection(10, [0]), 'module_invalid'],
  ['random bytes', createHash('sha512').update('random').digest(), 'module_invalid'],
  ['an unbalanced body', compileWatUnchecked('drop'), 'module_invalid'],
  ['a memory of 4 GiB', tasklet({ memory: '65536' }), 'module_invalid'],
  ['WASI', compileWat('(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32))))'), 'profile_violation'],
  [
    'a host function of another signature',
    compileWat('(module (import "grafos_tasklet_v0" "log" (func (param i32))) (memory (export "memory") 1))'),
    'profile_violation',
  ],
  ['an imported memory', compileWat('(module (import "env" "memory" (memory 1)))'), 'profile_violation'],
];

/** A tasklet whose types do not fit: an instruction too many in `finalize`. */
function compileWatUnchecked(instruction: 'drop'): Uint8Array {
  const bytes = tasklet({ finalize: 'nop' });
  const at = bytes.lastIndexOf(0x01);
  const changed = bytes.slice();
  // nop becomes drop, with nothing on the stack.
  changed[at] = instruction === 'drop' ? 0x1a : 0x01;
  return changed;
}

describe('modules of the runtime', () => {
  let cell: Cell;
  beforeEach(() => {
    cell = startRuntime();
  });
  afterEach(() => cell.runtime.stop());

  it('takes a module whose hash is right, and no other', async () => {
    const sha256 = createHash('sha256').update(good).digest('hex');
    const code = (expected: string) => (error: unknown) => error instanceof GrafosError && error.code === expected;
    assert.equal(cell.runtime.hasModule(sha256), false);
    await assert.rejects(cell.runtime.putModule(sha256, good.subarray(1)), code('module_hash_mismatch'));
    await assert.rejects(cell.runtime.putModule(sha256.toUpperCase(), good), code('module_hash_mismatch'));
    assert.equal(cell.runtime.hasModule(sha256), false);
    await cell.runtime.putModule(sha256, good);
    await cell.runtime.putModule(sha256, good);
    assert.equal(cell.runtime.hasModule(sha256), true);
    assert.equal(cell.runtime.stats().module_bytes, good.length);
    await assert.rejects(
      cell.runtime.putModule(sha256, new Uint8Array(32 * 1024 * 1024 + 1)),
      code('module_too_large'),
    );
  });

  it('checks the hash of a large one too', async () => {
    const large = new Uint8Array(2 * 1024 * 1024);
    await assert.rejects(cell.runtime.putModule('00'.repeat(32), large));
    await cell.put(large);
  });

  it('forgets the artifacts used longest ago when they are too many bytes', async () => {
    const module = (i: number) => new Uint8Array(30 * 1024 * 1024).fill(i);
    const first = await cell.put(module(1));
    const second = await cell.put(module(2));
    await cell.put(module(3));
    await cell.put(module(4));
    assert.equal(cell.runtime.hasModule(first), true);
    // A run uses the first, which makes the second the oldest.
    assert.equal(
      (await cell.runtime.submit(cell.job(first), { running() {}, log() {} })).error?.code,
      'module_invalid',
    );
    await cell.put(module(5));
    assert.equal(cell.runtime.hasModule(first), true);
    assert.equal(cell.runtime.hasModule(second), false);
    assert.ok(cell.runtime.stats().module_bytes <= 128 * 1024 * 1024);
  });

  it('first uses at one time share one compilation', async () => {
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => cell.run(good)));
    assert.ok(outcomes.every(({ output }) => Buffer.from(output).readInt32LE() === 9));
    const stats = cell.runtime.stats();
    assert.equal(stats.modules, 1);
    assert.equal(stats.modules_compiled, 1);
    assert.ok(stats.metered_bytes > 0);
  });

  it('a bound of linear memory of its own is a compilation of its own', async () => {
    const module = tasklet({ run: '(call $answer32 (memory.grow (i32.const 7))) (i32.const 0)' });
    const grown = async (pages: number) =>
      Buffer.from((await cell.run(module, { linear_memory_bytes: pages * 65_536 })).output).readInt32LE();
    assert.deepEqual(await Promise.all([grown(8), grown(7), grown(8)]), [1, -1, 1]);
    assert.equal(cell.runtime.stats().modules_compiled, 2);
  });

  for (const [what, bytes, code] of HOSTILE) {
    it(`${what}: ${code}, and remembered`, async () => {
      const first = await cell.run(bytes);
      assert.equal(first.error?.code, code, first.error?.message);
      assert.equal(first.state, 'failed');
      assert.ok((first.error?.message.length ?? 0) > 20);
      assert.deepEqual((await cell.run(bytes)).error, first.error);
      assert.equal((await cell.run(good)).state, 'succeeded');
      const stats = cell.runtime.stats();
      assert.equal(stats.workers_lost, 0);
      assert.equal(stats.modules_compiled, 2);
    });
  }

  it('a good module cut anywhere is refused, never thrown', async () => {
    for (let length = 0; length < good.length; length += 3) {
      const { error } = await cell.run(good.subarray(0, length));
      assert.ok(error?.code === 'module_invalid' || error?.code === 'profile_violation', `${length}: ${error?.code}`);
    }
    assert.equal(cell.runtime.stats().workers_lost, 0);
  });

  it('a good module with any byte changed has an outcome, and no worker is lost', async () => {
    const job = { fuel: 10_000, timeout_ms: 5_000 };
    const outcomes = await Promise.all(
      Array.from({ length: good.length }, (_, at) => {
        const changed = good.slice();
        changed[at] = (changed[at] as number) ^ (1 << (at % 8));
        return cell.run(changed, job);
      }),
    );
    const refused = outcomes.filter(
      ({ error }) => error?.code === 'module_invalid' || error?.code === 'profile_violation',
    );
    assert.ok(refused.length > good.length / 4);
    assert.equal(cell.runtime.stats().workers_lost, 0);
    assert.ok(outcomes.every(({ error }) => error?.code !== 'worker_lost' && error?.code !== 'deadline_exceeded'));
  });
});
