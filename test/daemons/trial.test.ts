import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunJob, RunJobOutcome } from '../../daemons/fabricbiosd/pool/runJob.ts';
import { TenantQueue } from '../../daemons/fabricbiosd/pool/tenantQueue.ts';
import { TrialProcess } from '../../daemons/fabricbiosd/pool/trialProcess.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { expensiveModule } from '../hostile/expensiveCode.ts';
import { type Cell, startRuntime, tasklet, trialUrls } from './runtimeHarness.ts';

const MIB = 1024 * 1024;
const generous = { memory: 512 * MIB, cpuMs: 60_000 };
const seconds = (count: number) => ({ memory: 512 * MIB, cpuMs: count * 1000 });

/**
 * Its function of loops takes the optimizing compiler minutes, the baseline compiler milliseconds.
 */
const slowToOptimize = () => expensiveModule('loops that go round', 3_900);

/** Costly modules that differ in a custom section of two bytes: a name of one character. */
function numberedModules(): (number: number) => Uint8Array {
  const module = slowToOptimize();
  return (number) => Uint8Array.from([...module, 0, 2, 1, 0x30 + number]);
}

function submit({ runtime }: Cell, job: RunJob): { id: string; ended: Promise<RunJobOutcome> } {
  return { id: job.run_id, ended: runtime.submit(job, { running() {}, log() {} }) };
}

describe('a trial of a costly module', () => {
  it('gives the module metered, with every function left to the optimizing compiler', async () => {
    const trial = new TrialProcess(trialUrls, { check: generous, optimize: generous });
    const result = await trial.try(expensiveModule('additions', 10_000), 16);
    assert.ok('metered' in result, JSON.stringify(result));
    assert.deepEqual(result.metered.touched, [3]);
    assert.deepEqual(result.metered.baselineOnly, []);
    assert.ok(WebAssembly.validate(result.metered.bytes));
  });

  it('keeps a function from the optimizing compiler that takes more time than it may', async () => {
    const trial = new TrialProcess(trialUrls, { check: generous, optimize: { memory: 512 * MIB, cpuMs: 400 } });
    const result = await trial.try(slowToOptimize(), 16);
    assert.ok('metered' in result, JSON.stringify(result));
    assert.deepEqual(result.metered.baselineOnly, [0]);
  });

  it('keeps a function from the optimizing compiler that takes more memory than it may', async () => {
    const trial = new TrialProcess(trialUrls, { check: generous, optimize: { memory: 64 * MIB, cpuMs: 60_000 } });
    const result = await trial.try(expensiveModule('ifs one after another', 50_000, 100), 16);
    assert.ok('metered' in result, JSON.stringify(result));
    assert.deepEqual(result.metered.baselineOnly, [0]);
  });

  for (const [what, check] of [
    ['memory', { memory: 16 * MIB, cpuMs: 60_000 }],
    ['time', { memory: 512 * MIB, cpuMs: 1 }],
  ] as const) {
    it(`refuses a module whose check takes more ${what} than it may`, async () => {
      const result = await new TrialProcess(trialUrls, { check, optimize: seconds(1) }).try(slowToOptimize(), 16);
      assert.ok('refused' in result, JSON.stringify(result));
      assert.equal(result.refused.code, 'module_invalid');
      assert.match(result.refused.message, /takes more than/);
    });
  }

  it('refuses a module that is none, and says why', async () => {
    const result = await new TrialProcess(trialUrls).try(Buffer.from('no module'), 16);
    assert.ok('refused' in result && /not a WebAssembly module/.test(result.refused.message), JSON.stringify(result));
  });

  it('says nothing about a module when its code is missing or it is stopped', async () => {
    const missing = new URL('./no-such-code.ts', import.meta.url);
    const refused = await new TrialProcess({ main: missing, thread: missing }).try(tasklet({}), 16);
    assert.ok(!('metered' in refused));
    const stopped = new TrialProcess(trialUrls);
    const result = stopped.try(slowToOptimize(), 16);
    stopped.stop();
    assert.deepEqual(await result, { failed: 'the cell is stopping' });
  });
});

describe('the queue of trials', () => {
  const never = new AbortController().signal;

  it('has one of each tenant at a time, and lets no tenant wait for another', async () => {
    const queue = new TenantQueue<string>(2);
    const order: string[] = [];
    const ends = new Map<string, () => void>();
    const start = (name: string) => () => {
      order.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    };
    const all = ['a1', 'a2', 'a3', 'b1'].map((name) => queue.run(name[0] as string, start(name), never));
    assert.deepEqual(order, ['a1', 'b1']);
    ends.get('b1')?.();
    assert.equal(await all[3], 'b1');
    assert.deepEqual(order, ['a1', 'b1']);
    ends.get('a1')?.();
    await all[0];
    await new Promise(setImmediate);
    assert.deepEqual(order, ['a1', 'b1', 'a2']);
  });

  it('forgets work whose signal comes while it waits, and no other', async () => {
    const queue = new TenantQueue<string>(1);
    const abort = new AbortController();
    const first = Promise.withResolvers<string>();
    const begun = queue.run('a', () => first.promise, abort.signal);
    let isStarted = false;
    const start = async () => {
      isStarted = true;
      return 'late';
    };
    const waiting = queue.run('a', start, abort.signal);
    const other = queue.run('b', async () => 'b', never);
    abort.abort();
    assert.equal(await waiting, undefined);
    assert.equal(await queue.run('a', start, abort.signal), undefined);
    first.resolve('a');
    assert.deepEqual(await Promise.all([begun, other]), ['a', 'b']);
    assert.equal(isStarted, false);
  });

  it('goes on after a trial that failed', async () => {
    const queue = new TenantQueue<string>(2);
    await assert.rejects(queue.run('a', () => Promise.reject(new Error('no')), never));
    assert.equal(await queue.run('a', () => Promise.resolve('yes'), never), 'yes');
  });
});

describe('a cell and costly modules', () => {
  it('leaves no work of runs that were cancelled: the next module waits for none of them', async () => {
    const cell = startRuntime();
    try {
      const numbered = numberedModules();
      const runs = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          return submit(cell, cell.job(await cell.put(numbered(index))));
        }),
      );
      assert.equal(cell.runtime.stats().modules_compiled, 40);
      for (const { id } of runs) assert.ok(cell.runtime.cancel(id));
      for (const { ended } of runs) assert.equal((await ended).state, 'cancelled');
      assert.equal(cell.runtime.stats().modules_compiled, 0);
      const last = await cell.run(numbered(40), { fuel: 1_000_000 });
      assert.equal(last.error?.code, 'fuel_exhausted');
      // A trial that had begun may have ended meanwhile, and is of no use.
      assert.equal(cell.runtime.stats().modules_compiled, 1);
    } finally {
      await cell.runtime.stop();
    }
  });

  it('makes a module ready in the turn of each tenant that waits for it', async () => {
    const cell = startRuntime();
    try {
      const numbered = numberedModules();
      const hostile = await Promise.all(
        Array.from({ length: 12 }, async (_, index) => {
          return submit(cell, cell.job(await cell.put(numbered(index)), { tenant: 'hostile' }));
        }),
      );
      // The last module of the queue, which another tenant wants too.
      const shared = await cell.run(numbered(11), { tenant: 'good', fuel: 1_000_000 });
      assert.equal(shared.error?.code, 'fuel_exhausted');
      const { modules_compiled: entries } = cell.runtime.stats();
      let ready = 0;
      for (const { id } of hostile) if (!cell.runtime.cancel(id)) ready += 1;
      await Promise.all(hostile.map(({ ended }) => ended));
      assert.equal(entries, 12);
      assert.ok(ready < 6, `${ready} modules of the other tenant went first`);
    } finally {
      await cell.runtime.stop();
    }
  });

  it('reads a stored module for few cancelled runs at one time', async () => {
    await using folder = await temporaryFolder();
    const module = tasklet({ more: `(data "${'x'.repeat(3 * MIB)}")` });
    const first = startRuntime({ meteredFolder: folder.path });
    assert.equal((await first.run(module)).error, null);
    await first.runtime.stop();
    const cell = startRuntime({ meteredFolder: folder.path });
    try {
      const sha256 = await cell.put(module);
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      for (let count = 0; count < 60; count += 1) {
        const { id, ended } = submit(cell, cell.job(sha256));
        assert.ok(cell.runtime.cancel(id));
        await ended;
      }
      for (let looks = 0; looks < 100; looks += 1) {
        await delay(2);
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      assert.ok(most < 40 * MIB, `${most} bytes`);
      assert.equal((await cell.run(module)).error, null);
    } finally {
      await cell.runtime.stop();
    }
  });

  it('makes a module ready anew whose first runs were cancelled', async () => {
    const cell = startRuntime();
    try {
      const sha256 = await cell.put(slowToOptimize());
      const job = () => cell.job(sha256, { fuel: 1_000_000 });
      const [first, second] = [submit(cell, job()), submit(cell, job())];
      cell.runtime.cancel(first.id);
      assert.equal((await first.ended).state, 'cancelled');
      assert.equal((await second.ended).error?.code, 'fuel_exhausted', 'another run still waited');
      const third = submit(cell, job());
      assert.equal((await third.ended).error?.code, 'fuel_exhausted');
    } finally {
      await cell.runtime.stop();
    }
  });

  it('runs one whose code is kept from the optimizing compiler, to the same end in each run', async () => {
    const cell = startRuntime();
    try {
      const job = { fuel: 3_000_000, linear_memory_bytes: MIB };
      const first = await cell.run(slowToOptimize(), job);
      assert.equal(first.error?.code, 'fuel_exhausted');
      assert.equal(first.fuel_used, 3_000_000);
      const second = await cell.run(slowToOptimize(), job);
      assert.deepEqual([second.error, second.fuel_used], [first.error, first.fuel_used]);
      assert.equal(cell.runtime.stats().workers_lost, 0);
    } finally {
      await cell.runtime.stop();
    }
  });
});
