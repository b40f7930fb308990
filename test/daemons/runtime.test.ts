import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { GrafosError } from '../../base/grafosError.ts';
import { LIMITS } from '../../base/limits.ts';
import type { RunJob } from '../../daemons/fabricbiosd/pool/runJob.ts';
import { type Cell, startRuntime, tasklet } from './runtimeHarness.ts';

const ECHO = {
  run: `(drop (call $blob_read (i32.const 2) (i32.const 0) (i32.const 0) (local.get $input_len)))
        (call $output_write (i32.const 0) (local.get $input_len))`,
};
const ENDLESS = { run: '(loop $l (br $l)) (i32.const 0)' };
const ENOUGH = { fuel: LIMITS.fuelMax };
const listener = { running() {}, log() {} };
const crashing = new URL('./runtimeCrashingWorker.ts', import.meta.url);

async function withCell(options: Parameters<typeof startRuntime>[0], use: (cell: Cell) => Promise<void>) {
  const cell = startRuntime(options);
  try {
    await use(cell);
  } finally {
    await cell.runtime.stop();
  }
}

/** A run, and when it leaves the queue. */
function submit(cell: Cell, job: RunJob) {
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  return { outcome: cell.runtime.submit(job, { ...listener, running: started }), running };
}

const codeOf = (code: string) => (error: unknown) => error instanceof GrafosError && error.code === code;

describe('tasklet runtime', () => {
  it('starts one worker, and more only when runs wait', async () => {
    await withCell({ workers: 3 }, async (cell) => {
      const module = tasklet(ECHO);
      await cell.run(module);
      assert.equal(cell.runtime.stats().workers, 1);
      await Promise.all(Array.from({ length: 20 }, () => cell.run(module)));
      assert.equal(cell.runtime.stats().workers, 3);
      assert.equal(cell.runtime.stats().workers_started, 3);
      assert.equal(cell.runtime.stats().runs_ended, 21);
    });
  });

  it('the same job gives the same output, fuel, peak and log, in whichever worker', async () => {
    await withCell({ workers: 3 }, async (cell) => {
      const module = tasklet({
        run: `(call $random_fill (i32.const 0) (i32.const 40))
              (drop (call $output_write (i32.const 0) (i32.const 40)))
              (call $log (i32.const 1) (i32.const 0) (i32.const 40))
              (call $answer64 (call $clock))
              (loop $l
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get $i) (i32.const 20000))))
              (drop (memory.grow (i32.const 2)))
              (i32.load (i32.const -1))`,
      });
      const outcomes = await Promise.all(Array.from({ length: 24 }, () => cell.run(module)));
      const [first, ...others] = outcomes.map(({ duration_us: _duration, short: _short, output, ...rest }) => ({
        ...rest,
        output: Buffer.from(output).toString('hex'),
      }));
      assert.equal(first?.error?.code, 'trap_memory_out_of_bounds');
      assert.equal(first?.linear_memory_peak, 3 * 65_536);
      for (const other of others) assert.deepEqual(other, first);
    });
  });

  it('an endless loop ends with the same fuel every time, and the cell goes on serving', async () => {
    await withCell({}, async (cell) => {
      const module = tasklet(ENDLESS);
      for (const { error, fuel_used } of await Promise.all(Array.from({ length: 6 }, () => cell.run(module)))) {
        assert.equal(error?.code, 'fuel_exhausted');
        assert.equal(fuel_used, 500_000);
      }
      assert.equal((await cell.run(tasklet(ECHO))).state, 'succeeded');
      assert.equal(cell.runtime.stats().workers_lost, 0);
    });
  });

  it('the fuel of the start function counts, and it may call the host', async () => {
    await withCell({}, async (cell) => {
      const start = '(func $begin (drop (i32.const 1)) (call $answer32 (i32.const 5))) (start $begin)';
      const without = await cell.run(tasklet({}));
      const outcome = await cell.run(tasklet({ more: start }));
      assert.equal(Buffer.from(outcome.output).readInt32LE(), 5);
      // Two instructions, the argument, the call, and the seven of $answer32.
      assert.equal(outcome.fuel_used - without.fuel_used, 2 + 1 + 1 + 7);
      const endless = await cell.run(tasklet({ more: '(func $begin (loop $l (br $l))) (start $begin)' }));
      assert.equal(endless.error?.code, 'fuel_exhausted');
      assert.equal(endless.fuel_used, 500_000);
    });
  });

  it('exactly the fuel needed is enough, and one less is not', async () => {
    await withCell({}, async (cell) => {
      const module = tasklet(ECHO);
      const { fuel_used } = await cell.run(module);
      assert.equal((await cell.run(module, { fuel: fuel_used })).state, 'succeeded');
      const short = await cell.run(module, { fuel: fuel_used - 1 });
      assert.equal(short.error?.code, 'fuel_exhausted');
      assert.equal(short.fuel_used, fuel_used - 1);
    });
  });

  it('a deadline ends the run, its worker is replaced, and its neighbours do not notice', async () => {
    await withCell({}, async (cell) => {
      const endless = cell.run(tasklet(ENDLESS), { ...ENOUGH, timeout_ms: 50 });
      const neighbours = await Promise.all(Array.from({ length: 50 }, () => cell.run(tasklet(ECHO))));
      assert.ok(neighbours.every(({ state }) => state === 'succeeded'));
      const { error, state, duration_us } = await endless;
      assert.equal(error?.code, 'deadline_exceeded');
      assert.equal(state, 'failed');
      assert.ok(duration_us >= 49_000, `${duration_us} µs`);
      assert.equal(cell.runtime.stats().workers_lost, 0, 'ended on purpose, not lost');
      assert.equal((await cell.run(tasklet(ECHO))).state, 'succeeded');
    });
  });

  it('the deadline of a run that waits counts from its start', async () => {
    await withCell({ workers: 1 }, async (cell) => {
      const hundredMs = cell.run(tasklet(ENDLESS), { ...ENOUGH, timeout_ms: 100 });
      const waiting = cell.run(tasklet(ECHO), { timeout_ms: 60 });
      assert.equal((await hundredMs).error?.code, 'deadline_exceeded');
      assert.equal((await waiting).state, 'succeeded');
    });
  });

  it('a running run is cancelled, once', async () => {
    await withCell({}, async (cell) => {
      const job = cell.job(await cell.put(tasklet(ENDLESS)), ENOUGH);
      const { outcome, running } = submit(cell, job);
      await running;
      assert.equal(cell.runtime.stats().runs_active, 1);
      assert.equal(cell.runtime.cancel(job.run_id), true);
      assert.equal(cell.runtime.cancel(job.run_id), false);
      const { state, error } = await outcome;
      assert.equal(state, 'cancelled');
      assert.equal(error?.code, 'cancelled');
      assert.equal(cell.runtime.cancel(job.run_id), false);
      assert.equal(cell.runtime.stats().runs_active, 0);
    });
  });

  it('a waiting run is cancelled before it starts', async () => {
    await withCell({ workers: 1 }, async (cell) => {
      const sha256 = await cell.put(tasklet(ENDLESS));
      const front = submit(cell, cell.job(sha256, ENOUGH));
      await front.running;
      const job = cell.job(sha256, ENOUGH);
      const behind = cell.runtime.submit(job, {
        running: () => assert.fail('it started'),
        log() {},
      });
      const uncompiled = cell.job(await cell.put(tasklet(ECHO)));
      const last = cell.runtime.submit(uncompiled, listener);
      await Promise.resolve();
      assert.equal(cell.runtime.stats().runs_queued, 1);
      assert.equal(cell.runtime.cancel(job.run_id), true);
      assert.equal((await behind).state, 'cancelled');
      assert.equal(cell.runtime.cancel(uncompiled.run_id), true, 'waiting for its module');
      assert.equal((await last).state, 'cancelled');
      assert.equal(cell.runtime.cancel('no-such-run'), false);
    });
  });

  for (const fault of ['exit', 'throw', 'heap']) {
    it(`a worker that dies by "${fault}" costs its own run only`, async () => {
      await withCell({ workerUrl: crashing }, async (cell) => {
        const module = tasklet(ECHO);
        await cell.run(module);
        const [lost, ...others] = await Promise.all([
          cell.run(module, { input: Buffer.from(fault) }),
          ...Array.from({ length: 20 }, () => cell.run(module)),
        ]);
        assert.equal(lost.error?.code, 'worker_lost');
        assert.equal(lost.state, 'failed');
        assert.ok(others.every(({ state }) => state === 'succeeded'));
        assert.equal(cell.runtime.stats().workers_lost, 1);
        assert.equal((await cell.run(module)).state, 'succeeded');
      });
    });
  }

  it('a module whose worker runs out of memory while it is compiled is judged by a trial, once', async () => {
    await withCell({ workerUrl: crashing }, async (cell) => {
      const module = tasklet({ ...ECHO, more: '(data (i32.const 0) "heap-when-compiled")' });
      assert.equal((await cell.run(module)).state, 'succeeded');
      const lost = cell.runtime.stats().workers_lost;
      assert.equal(lost, 1);
      assert.equal((await cell.run(module)).state, 'succeeded');
      assert.equal(cell.runtime.stats().workers_lost, lost, 'no second worker was spent on it');
    });
  });

  it('a worker lost while it compiles costs that run; the next one tries again', async () => {
    await withCell({ workerUrl: crashing }, async (cell) => {
      new Uint8Array(cell.pool)[0] = 1;
      const module = tasklet(ECHO);
      assert.equal((await cell.run(module)).error?.code, 'worker_lost');
      assert.equal((await cell.run(module)).state, 'succeeded');
    });
  });

  it('workers that cannot start lose the runs that wait, and nothing hangs', async () => {
    await withCell({ workerUrl: new URL('./no-such-worker.ts', import.meta.url) }, async (cell) => {
      assert.equal((await cell.run(tasklet(ECHO))).error?.code, 'worker_lost');
    });
  });

  it('a worker is replaced after its runs without a gap in service', async () => {
    await withCell({ runsPerWorker: 40 }, async (cell) => {
      const module = tasklet(ECHO);
      // Ended by the test's own deadline if none is ever replaced.
      while (cell.runtime.stats().workers_recycled < 3) {
        const outcomes = await Promise.all(Array.from({ length: 60 }, () => cell.run(module)));
        assert.ok(outcomes.every(({ state }) => state === 'succeeded'));
        assert.ok(cell.runtime.stats().workers >= 1);
      }
      assert.equal(cell.runtime.stats().workers_lost, 0);
    });
  });

  it('memories of ended runs do not pile up', async function () {
    // Only Linux says how many address ranges are reserved.
    if (process.platform !== 'linux') this.skip();
    await withCell({}, async (cell) => {
      // A memory without a page: V8 has no reason of its own to collect, but each such memory
      // reserves its gigabytes, too.
      const module = tasklet({ memory: '0' });
      let most = 0;
      for (let round = 0; round < 12; round++) {
        await Promise.all(Array.from({ length: 500 }, () => cell.run(module)));
        most = Math.max(most, reservedMemories());
      }
      assert.ok(most > 0, 'the reservations are seen');
      assert.ok(most <= 2 * 1024 + 64, `${most} memories after 6 000 runs in 2 workers`);
    });
  });

  it('runs of different modules go side by side, each with its own result', async () => {
    await withCell({}, async (cell) => {
      const modules = Array.from({ length: 40 }, (_, i) =>
        tasklet({ run: `(call $answer32 (i32.const ${i})) (i32.const 0)` }),
      );
      // More modules than a worker remembers, each met several times.
      for (let round = 0; round < 3; round++) {
        const outcomes = await Promise.all(modules.map((module) => cell.run(module)));
        assert.deepEqual(
          outcomes.map(({ output }) => Buffer.from(output).readInt32LE()),
          modules.map((_, i) => i),
        );
      }
    });
  });

  it('nothing of a run is there for the next', async () => {
    await withCell({ workers: 1 }, async (cell) => {
      const module = tasklet({
        more: '(global $seen (mut i32) (i32.const 0)) (table $t 2 funcref) (elem declare func $answer32)',
        run: `(call $answer32 (i32.load (i32.const 100))) (call $answer32 (global.get $seen))
              (call $answer32 (ref.is_null (table.get $t (i32.const 1)))) (call $answer32 (memory.size))
              (i32.store (i32.const 100) (i32.const 77)) (global.set $seen (i32.const 78))
              (table.set $t (i32.const 1) (ref.func $answer32)) (drop (memory.grow (i32.const 1)))
              (call $fail (i32.const 0) (i32.const 0)) (i32.const 0)`,
      });
      for (let i = 0; i < 3; i++) {
        const { output, log } = await cell.run(module);
        assert.deepEqual([...new Int32Array(output.slice().buffer)], [0, 0, 1, 1]);
        assert.equal(log, '');
      }
    });
  });

  it('neither log, label, refused output nor an ended lease is there for the next', async () => {
    await withCell({ workers: 1 }, async (cell) => {
      const first = tasklet({
        memory: '257',
        run: `(call $log (i32.const 0) (i32.const 0) (i32.const 1))
              (call $fail (i32.const 0) (i32.const 1))
              (drop (call $output_write (i32.const 0) (i32.const 16777217)))
              (call $answer64 (call $fbmu_hello)) (i32.const 0)`,
      });
      const lease = { offset: 0, bytes: 100 };
      const job = cell.job(await cell.put(first), { lease, linear_memory_bytes: 257 * 65_536 });
      const outcome = cell.runtime.submit(job, listener);
      assert.equal(cell.runtime.endLease(job.run_id, 'revoked'), true, 'before it starts');
      const { error, log, output } = await outcome;
      assert.equal(error?.code, 'output_too_large');
      assert.equal(log, 'error \\u0000\n');
      assert.equal(Buffer.from(output).readBigInt64LE(), -6n);

      const next = await cell.run(tasklet({ run: '(call $answer64 (call $fbmu_hello)) (i32.const 0)' }), { lease });
      assert.equal(next.error, null);
      assert.equal(next.log, '');
      assert.equal(Buffer.from(next.output).readBigInt64LE(), 100n);
      assert.equal((await cell.run(tasklet({ run: '(i32.const 1)' }))).error?.label, null);
    });
  });

  it('a run that was ended has touched its lease for the last time when its outcome is there', async () => {
    await withCell({}, async (cell) => {
      const module = tasklet({
        run: `(memory.fill (i32.const 0) (i32.const 1) (i32.const 4096))
              (loop $l (drop (call $fbmu_write (i64.const 0) (i32.const 0) (i32.const 4096))) (br $l))
              (i32.const 0)`,
      });
      const sha256 = await cell.put(module);
      const window = new Uint8Array(cell.pool);
      for (let round = 0; round < 10; round++) {
        const job = cell.job(sha256, { ...ENOUGH, lease: { offset: 0, bytes: 4096 } });
        const { outcome, running } = submit(cell, job);
        await running;
        cell.runtime.cancel(job.run_id);
        await outcome;
        window.fill(0);
        await cell.run(tasklet(ECHO));
        assert.ok(window.every((byte) => byte === 0));
      }
    });
  });

  it('takes an input of 16 MiB and gives it back', async () => {
    await withCell({}, async (cell) => {
      const input = new Uint8Array(16 * 1024 * 1024).map((_, i) => i * 31);
      const expected = Buffer.from(input);
      const module = tasklet({ ...ECHO, memory: '257' });
      const outcome = await cell.run(module, { input, linear_memory_bytes: 257 * 65_536, ...ENOUGH });
      assert.ok(expected.equals(outcome.output));
    });
  });

  it('takes an input that is a part of a larger buffer, and leaves that alone', async () => {
    await withCell({}, async (cell) => {
      const large = Buffer.alloc(300_000, 'abc');
      const outcome = await cell.run(tasklet({ ...ECHO, memory: '5' }), { input: large.subarray(1, 200_001) });
      assert.ok(large.subarray(1, 200_001).equals(outcome.output));
      assert.equal(large.length, 300_000);
    });
  });

  it('refuses a job that is not one', async () => {
    await withCell({}, async (cell) => {
      const sha256 = await cell.put(tasklet(ECHO));
      const bad: Array<Partial<RunJob>> = [
        { fuel: -1 },
        { fuel: 1.5 },
        { fuel: Number.POSITIVE_INFINITY },
        { timeout_ms: 0 },
        { timeout_ms: Number.NaN },
        { seed: 'ff' },
        { start_unix_nanos: '-1' },
        { linear_memory_bytes: -65_536 },
        { lease: { offset: 0, bytes: 4097 } },
        { lease: { offset: 4096, bytes: 1 } },
        { lease: { offset: -1, bytes: 1 } },
        { input: new Uint8Array(16 * 1024 * 1024 + 1) },
      ];
      for (const job of bad) {
        await assert.rejects(cell.runtime.submit(cell.job(sha256, job), listener), codeOf('bad_request'));
      }
      await assert.rejects(cell.runtime.submit(cell.job('00'.repeat(32)), listener), codeOf('module_unknown'));
      const job = cell.job(await cell.put(tasklet(ENDLESS)), ENOUGH);
      const { outcome, running } = submit(cell, job);
      await running;
      await assert.rejects(cell.runtime.submit(job, listener), codeOf('run_id_in_use'));
      cell.runtime.cancel(job.run_id);
      await outcome;
    });
  });

  it('a listener that throws does not keep a run from its outcome', async () => {
    await withCell({}, async (cell) => {
      const fail = () => {
        throw new Error('a fault of the listener');
      };
      const outcome = await cell.run(
        tasklet({ run: '(call $log (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)' }),
        {},
        { running: fail, log: fail },
      );
      assert.equal(outcome.state, 'succeeded');
    });
  });

  it('stop ends what runs and what waits, and takes nothing new', async () => {
    const cell = startRuntime({ workers: 1 });
    const sha256 = await cell.put(tasklet(ENDLESS));
    const front = submit(cell, cell.job(sha256, ENOUGH));
    await front.running;
    const others = [
      cell.runtime.submit(cell.job(sha256, ENOUGH), listener),
      cell.runtime.submit(cell.job(await cell.put(tasklet(ECHO))), listener),
    ];
    await Promise.all([cell.runtime.stop(), cell.runtime.stop()]);
    for (const { error } of await Promise.all([front.outcome, ...others])) assert.equal(error?.code, 'worker_lost');
    assert.equal(cell.runtime.stats().workers, 0);
    await assert.rejects(cell.runtime.submit(cell.job(sha256), listener), codeOf('shutting_down'));
    await assert.rejects(cell.runtime.putModule(sha256, new Uint8Array(1)), codeOf('shutting_down'));
  });

  it('stop before the first worker is up', async () => {
    await startRuntime().runtime.stop();
  });
});

/** Address ranges of this process as large as V8 reserves for a wasm memory. */
function reservedMemories(): number {
  let count = 0;
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [from, to] = (/^([0-9a-f]+)-([0-9a-f]+)/.exec(line)?.slice(1) ?? []).map((hex) => BigInt(`0x${hex}`));
    // Neighbours are joined into one line.
    if (from !== undefined && to !== undefined && to - from >= 2n ** 32n) count += Number((to - from) / 2n ** 33n) || 1;
  }
  return count;
}
