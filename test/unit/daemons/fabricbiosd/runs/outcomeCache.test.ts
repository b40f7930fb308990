import assert from 'node:assert/strict';
import { FabricRefusedError } from '../../../../../daemons/fabricbiosd/control/fabricRefused.ts';
import { type CellOutcome, OutcomeCache } from '../../../../../daemons/fabricbiosd/runs/outcomeCache.ts';

function outcome(runId: string, bytes = 0): CellOutcome {
  return {
    run_id: runId,
    state: 'succeeded',
    error: null,
    output: new Uint8Array(bytes),
    log: '',
    fuel_used: 1,
    linear_memory_peak: 0,
    duration_us: 1,
    lease: null,
  };
}

const inUse = (message: RegExp) => (error: unknown) =>
  error instanceof FabricRefusedError && error.code === 'run_id_in_use' && message.test(error.message);

describe('the outcome cache', () => {
  it('gives a run under way and a run that ended to whoever asks with the same request', async () => {
    const cache = new OutcomeCache();
    let end: (value: CellOutcome) => void = () => {};
    const running = cache.begin('r', 'f', () => new Promise((resolve) => (end = resolve)));
    assert.equal(cache.find('r', 'f'), running);
    end(outcome('r'));
    assert.equal(await cache.find('r', 'f'), await running);
    assert.equal(cache.find('other', 'f'), undefined);
  });

  it('refuses the same id with another request', async () => {
    const cache = new OutcomeCache();
    await cache.begin('r', 'f', async () => outcome('r'));
    assert.throws(() => cache.find('r', 'g'), inUse(/another request/));
  });

  it('frees the id when nothing was executed', async () => {
    const cache = new OutcomeCache();
    await assert.rejects(cache.begin('r', 'f', () => Promise.reject(new Error('no capacity'))));
    assert.equal(cache.find('r', 'f'), undefined);
  });

  it('forgets by number, bytes and age, but never that an id was used', async () => {
    const clock = { now: 0 };
    const bounds = { outcomes: 3, bytes: 100, keepMs: 1_000 };
    const cache = new OutcomeCache(bounds, () => clock.now);
    const run = (id: string, bytes = 0) => cache.begin(id, 'f', async () => outcome(id, bytes));
    const isKept = (id: string) => {
      try {
        return cache.find(id, 'f') !== undefined;
      } catch (error) {
        assert.ok(inUse(/no longer kept/)(error));
        return false;
      }
    };
    for (const id of ['a', 'b', 'c', 'd']) await run(id);
    assert.deepEqual(['a', 'b', 'c', 'd'].map(isKept), [false, true, true, true]);
    await run('big', 101);
    assert.deepEqual(['b', 'c', 'd', 'big'].map(isKept), [false, false, false, false]);
    await run('young');
    clock.now = 999;
    assert.ok(isKept('young'));
    clock.now = 1_001;
    assert.ok(!isKept('young'));
  });

  it('never forgets a run under way', async () => {
    const clock = { now: 0 };
    const cache = new OutcomeCache({ outcomes: 1, keepMs: 1 }, () => clock.now);
    const running = cache.begin('slow', 'f', () => new Promise(() => {}));
    for (const id of ['a', 'b']) await cache.begin(id, 'f', async () => outcome(id));
    clock.now = 100;
    assert.equal(cache.find('slow', 'f'), running);
  });

  it('bounds the ids it remembers', async () => {
    const cache = new OutcomeCache({ outcomes: 1, ids: 2 });
    for (const id of ['a', 'b', 'c', 'd']) await cache.begin(id, 'f', async () => outcome(id));
    assert.equal(cache.find('a', 'f'), undefined);
    assert.throws(() => cache.find('b', 'f'), inUse(/no longer kept/));
    for (let run = 0; run < 1_000; run++) {
      await cache.begin(`${run}`, 'f', async () => outcome(`${run}`));
      if (run < 3) continue;
      assert.equal(cache.find(`${run - 3}`, 'f'), undefined);
      assert.throws(() => cache.find(`${run - 2}`, 'f'), inUse(/no longer kept/));
    }
  });
});
