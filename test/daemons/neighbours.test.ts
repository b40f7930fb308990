import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { CompileTask } from '../../daemons/fabricbiosd/pool/compileTask.ts';
import { WorkerPool } from '../../daemons/fabricbiosd/pool/workerPool.ts';
import { meter } from '../../wasm/meter/meter.ts';
import { type Cell, startRuntime, tasklet, workerUrl } from './runtimeHarness.ts';

const endless = tasklet({ run: '(loop $on (br $on)) (i32.const 0)' });
const anotherEndless = tasklet({ run: '(loop $on nop (br $on)) (i32.const 0)' });
const hello = tasklet({ run: '(call $answer32 (i32.const 7)) (i32.const 0)' });

/** Rounds of a loop that take about a second. */
const SECOND = 1_000_000_000;

describe('runs beside each other on a cell of two workers', () => {
  let cell: Cell;

  beforeEach(() => {
    cell = startRuntime({ workers: 2 });
  });

  afterEach(() => cell.runtime.stop());

  /** Runs that only the end of the test ends. */
  const attack = async (runs: number, module = endless): Promise<{ ended: number }> => {
    const counted = { ended: 0 };
    const started = Promise.withResolvers<void>();
    const job = { fuel: 2 ** 47 - 1, timeout_ms: 600_000 };
    for (let i = 0; i < runs; i++) {
      cell.run(module, job, { running: () => started.resolve() }).then(
        () => counted.ended++,
        () => {},
      );
    }
    await started.promise;
    return counted;
  };

  it('a module whose runs are short has a worker, however many runs never end', async () => {
    assert.equal((await cell.run(hello)).state, 'succeeded');
    const counted = await attack(12);
    for (let i = 0; i < 100; i++) assert.equal((await cell.run(hello)).state, 'succeeded');
    assert.equal(counted.ended, 0);
    // As many long runs as there are workers are detached. The place for one more is kept for
    // another module.
    assert.ok(cell.runtime.stats().workers <= 4, `${cell.runtime.stats().workers} workers`);
    assert.equal(cell.runtime.stats().workers_lost, 0);
  });

  it('a module that nobody knows runs too, however many runs of another never end', async () => {
    const counted = await attack(12);
    assert.equal((await cell.run(hello)).state, 'succeeded');
    assert.equal(counted.ended, 0);
  });

  it('one that was short and never ends this time holds nobody up for long', async () => {
    const turns = tasklet({ run: '(if (local.get $input_len) (then (loop $on (br $on)))) (i32.const 0)' });
    const empty = Buffer.alloc(0);
    assert.equal((await cell.run(turns, { input: empty })).state, 'succeeded');
    assert.equal((await cell.run(hello)).state, 'succeeded');
    const started = Promise.withResolvers<void>();
    const long = { fuel: 2 ** 47 - 1, timeout_ms: 600_000 };
    cell.run(turns, { ...long, input: Buffer.from('x') }, { running: () => started.resolve() }).catch(() => {});
    await started.promise;
    await attack(4);
    for (let i = 0; i < 20; i++) assert.equal((await cell.run(hello)).state, 'succeeded');
  });

  it('several that were short and do not end this time, beside long ones, leave a worker to short ones', async () => {
    const empty = Buffer.alloc(0);
    // Passes over its loop when it has no input.
    const surprise = (mark: number) =>
      tasklet({
        run: `(if (local.get $input_len) (then (local.set $n (i32.const ${SECOND}))
          (loop $on (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))) (i32.const 0)`,
        more: `(func (result i32) (i32.const ${mark}))`,
      });
    const surprises = Array.from({ length: 3 }, (_, mark) => surprise(mark));
    for (const module of surprises) assert.equal((await cell.run(module, { input: empty })).state, 'succeeded');
    assert.equal((await cell.run(hello)).state, 'succeeded');
    const counted = await attack(2);
    await attack(1, anotherEndless);
    let over = 0;
    const long = surprises.map(async (module) => {
      assert.equal((await cell.run(module, { fuel: 2 ** 40 })).error, null);
      over++;
    });
    assert.equal((await cell.run(hello)).state, 'succeeded');
    assert.equal(over, 0, 'hello did not wait for their ends');
    await Promise.all(long);
    assert.equal((await cell.run(hello)).state, 'succeeded');
    // Three workers have the endless runs; those that the others made long are given up again.
    assert.ok(cell.runtime.stats().workers <= 5, `${cell.runtime.stats().workers} workers`);
    assert.equal(counted.ended, 0);
  });

  it('long runs, one after another, share the workers that were lowered for them', async () => {
    const work = tasklet({
      run: '(local.set $n (i32.const 100000000)) (loop $on (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0)',
    });
    const job = { fuel: 2 ** 40 };
    await Promise.all(Array.from({ length: 20 }, async () => assert.equal((await cell.run(work, job)).error, null)));
    const { workers_started, workers_lost } = cell.runtime.stats();
    assert.ok(workers_started <= 6, `${workers_started} workers for 20 runs`);
    assert.equal(workers_lost, 0);
  });

  it('once a worker is lowered, long runs begin there, and none that short runs have is lowered for them', async function () {
    if (process.platform !== 'linux' || Number(process.versions.node.split('.')[0]) < 24) this.skip();
    assert.equal((await cell.run(hello)).state, 'succeeded');
    await attack(2);
    // This waits until one of the two is long and deprioritized, and another is in its place.
    while (nicesOfWorkers().filter((nice) => nice > 0).length < 2) await cell.run(hello);
    await attack(1, anotherEndless);
    const nices = nicesOfWorkers();
    assert.equal((await cell.run(hello)).state, 'succeeded');
    assert.deepEqual(nices.toSorted(), [0, 5, 5, 5], `workers of nice ${nices}`);
  });

  it('new modules compile one after another, so that a processor is left', async () => {
    const one = (_: unknown, i: number) => `(func (param i32) (result i32) (i32.add (local.get 0) (i32.const ${i})))`;
    const bytes = tasklet({ more: Array.from({ length: 60_000 }, one).join('') });
    const metered = meter(bytes, { memoryMaxPages: 16 });
    const log = { info() {}, warn() {}, error() {} };
    const memPool = new SharedArrayBuffer(0);
    const pool = new WorkerPool({ size: 2, url: workerUrl, memPool, log, runsPerWorker: 100 });
    let compiling = 0;
    let most = 0;
    const done = Array.from({ length: 8 }, () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const task = new CompileTask('tenant', { metered }, (result) => {
        compiling--;
        assert.ok('compiled' in result);
        resolve();
      });
      const start = task.start.bind(task);
      task.start = (worker) => {
        most = Math.max(most, ++compiling);
        start(worker);
      };
      pool.add(task);
      return promise;
    });
    await Promise.all(done);
    await pool.stop();
    assert.equal(most, 1);
  });

  it('modules of tenants are compiled in turn', async () => {
    const log = { info() {}, warn() {}, error() {} };
    const pool = new WorkerPool({
      size: 2,
      url: workerUrl,
      memPool: new SharedArrayBuffer(0),
      log,
      runsPerWorker: 100,
    });
    const order: string[] = [];
    const metered = meter(tasklet({}), { memoryMaxPages: 16 });
    const done = ['a', 'a', 'a', 'a', 'a', 'b'].map((tenant) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const task = new CompileTask(tenant, { metered }, () => resolve());
      const start = task.start.bind(task);
      task.start = (worker) => {
        order.push(tenant);
        start(worker);
      };
      pool.add(task);
      return promise;
    });
    await Promise.all(done);
    await pool.stop();
    assert.deepEqual(order.slice(0, 2).toSorted(), ['a', 'b'], order.join(' '));
  });

  it('many short runs of one module do not hold up the one of another', async () => {
    const work = tasklet({
      run: '(local.set $n (i32.const 100000)) (loop $on (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0)',
    });
    const plenty = { fuel: 10_000_000 };
    assert.equal((await cell.run(work, plenty)).state, 'succeeded');
    assert.equal((await cell.run(hello)).state, 'succeeded');
    const order: string[] = [];
    const many = Array.from({ length: 60 }, () => cell.run(work, plenty).then(() => order.push('work')));
    const one = cell.run(hello).then(() => order.push('hello'));
    await Promise.all([...many, one]);
    assert.ok(order.indexOf('hello') < 20, `hello was number ${order.indexOf('hello') + 1} of ${order.length}`);
  });
});

/** Nice values of the threads of run workers, which Node names from version 24 on. */
function nicesOfWorkers(): number[] {
  return readdirSync('/proc/self/task').flatMap((id) => {
    try {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return stat.includes('(grafos-run-') ? [Number(fields[16])] : [];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}
