import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Run, RunResponse } from '../../daemons/wire/tenantApi.ts';
import { openRunMemory } from '../../toolchain/memory/openRunMemory.ts';
import { grafos, grafosJson, startGrafos } from '../helpers/grafosCommand.ts';
import { type ProgramCopy, programOf } from '../helpers/programCopy.ts';
import { WAT, watManifest } from '../helpers/watTasklets.ts';

const DEADLINE_MS = 30_000;
const never = new AbortController().signal;

/** Counts in the first word of its fabric memory until it is stopped. */
const COUNTS = `(module
  (import "fabricbios_fbmu_v0" "fbmu_write" (func $write (param i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_grafos_tasklet_init") (param i32 i32))
  (func (export "_grafos_tasklet_run") (param i32 i32) (result i32)
    (loop $again
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (drop (call $write (i64.const 0) (i32.const 0) (i32.const 4)))
      (br $again))
    (i32.const 0))
  (func (export "_grafos_tasklet_finalize"))
)`;

async function counting(): Promise<ProgramCopy> {
  const program = await programOf({
    'grafos.toml': watManifest(['counts', 'remembers'], 'fuel = 9_000_000_000_000\ntimeout = "60s"\nmem = "4KiB"\n'),
    'tasklets/counts.wat': COUNTS,
    'tasklets/remembers.wat': WAT.remembers,
  });
  await grafosJson(['dev', 'up'], { cwd: program.path });
  await grafosJson(['tasklet', 'build'], { cwd: program.path });
  return program;
}

describe('mem watch', () => {
  it('sees a run write while it writes, and others write while its lease is held', async () => {
    await using program = await counting();
    const cwd = program.path;
    const { run_id } = await grafosJson<Run>(['deploy', 'run', '--tasklet', 'counts', '--hold', '60s', '--detach'], {
      cwd,
    });
    const watch = startGrafos(['mem', 'watch', run_id, '--json'], { cwd });
    let seen = '';
    watch.child.stdout?.on('data', (text: string) => {
      seen += text;
    });
    const sees = async (wanted: RegExp) => {
      for (const until = Date.now() + DEADLINE_MS; !wanted.test(seen); ) {
        assert.ok(Date.now() < until, `not seen: ${wanted}; but: ${seen.slice(-300)}`);
        await once(watch.child.stdout ?? process.stdout, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) });
      }
    };
    await sees(/("offset":0[^\n]*\n[^\n]?){4}/);
    assert.equal((await grafosJson<Run>(['runs', 'show', run_id], { cwd })).state, 'running');
    const refused = await grafos(['mem', 'write', run_id, '-', '--json'], { cwd, stdin: 'no' });
    assert.equal(JSON.parse(refused.stdout).error.code, 'run_not_ended');
    await grafosJson(['runs', 'cancel', run_id], { cwd });
    for (const until = Date.now() + DEADLINE_MS; ; ) {
      const written = await grafos(['mem', 'write', run_id, '-', '--offset', '100'], { cwd, stdin: 'held' });
      if (written.code === 0) break;
      assert.ok(Date.now() < until, written.stderr);
    }
    await sees(new RegExp(Buffer.from('held').toString('base64').slice(0, 5)));
    watch.child.kill('SIGINT');
    assert.equal((await watch.ended).code, 130);
  });

  it('goes on to the end of the hold, and says that it ended', async () => {
    await using program = await counting();
    const cwd = program.path;
    const { run_id } = await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'remembers', '--hold', '3s'], {
      cwd,
    });
    const { code, stderr } = await grafos(['mem', 'watch', run_id], { cwd });
    assert.equal(code, 0);
    assert.match(stderr, /the watch ended: lease_expired/);
    const late = await grafos(['mem', 'watch', run_id, '--json'], { cwd });
    assert.equal(JSON.parse(late.stdout).error.code, 'lease_ended');
  });

  it('outlives its token', async () => {
    await using program = await counting();
    const cwd = program.path;
    const { run_id } = await grafosJson<RunResponse>(['deploy', 'run', '--tasklet', 'remembers', '--hold', '60s'], {
      cwd,
    });
    await using memory = await openRunMemory(cwd, run_id, { rights: ['read'], signal: never, tokenMs: 1_000 });
    const changed = Promise.withResolvers<void>();
    const stop = new AbortController();
    const watching = memory.session.watch(0, 64, () => changed.resolve(), stop.signal);
    await delay(3_000);
    assert.equal((await grafos(['mem', 'write', run_id, '-'], { cwd, stdin: 'later' })).code, 0);
    assert.equal(await Promise.race([changed.promise.then(() => 'changed'), memory.session.closed]), 'changed');
    stop.abort();
    await watching;
  });

  it('refuses a run under way that has no fabric memory', async () => {
    await using program = await counting();
    const cwd = program.path;
    const { run_id } = await grafosJson<Run>(['deploy', 'run', '--tasklet', 'counts', '--mem', '0', '--detach'], {
      cwd,
    });
    const refused = await grafos(['mem', 'watch', run_id, '--json'], { cwd });
    assert.equal(JSON.parse(refused.stdout).error.code, 'lease_ended');
    await grafosJson(['runs', 'cancel', run_id], { cwd });
  });
});
