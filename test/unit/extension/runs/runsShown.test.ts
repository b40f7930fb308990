/**
 * The content of the view "Runs", and the runs that a workspace remembers: no editor, and no stack
 * except where a test names one.
 */
import assert from 'node:assert/strict';
import type { SchedulerClient } from '../../../../daemons/tenant/schedulerClient.ts';
import type { Run, RunsEvent } from '../../../../daemons/wire/tenantApi.ts';
import type { AnswerStore } from '../../../../extension/deploy/answers.ts';
import { placeShown } from '../../../../extension/panel/placeShown.ts';
import { fileOfPlace } from '../../../../extension/places/fileOfPlace.ts';
import { isRepeatable } from '../../../../extension/runs/isRepeatable.ts';
import { matchesRun } from '../../../../extension/runs/matchesRun.ts';
import { RunInputs } from '../../../../extension/runs/runInputs.ts';
import { keepRuns, readRuns } from '../../../../extension/runs/runsMemory.ts';
import { type RunEntry, RunsModel } from '../../../../extension/runs/runsModel.ts';
import { RunsShown } from '../../../../extension/runs/runsShown.ts';

function memory(): AnswerStore {
  const kept = new Map<string, string>();
  return {
    get: <T>(key: string) => (kept.has(key) ? (JSON.parse(kept.get(key) ?? '') as T) : undefined),
    update: async (key, value) => void kept.set(key, JSON.stringify(value)),
  };
}

function run(number: number, changes: Partial<Run> = {}): Run {
  const run_id = `run-${String(number).padStart(5, '0')}`;
  const created_at = new Date(Date.UTC(2026, 0, 1) + number * 1_000).toISOString();
  const sha = 'a'.repeat(64);
  const state = 'succeeded';
  return {
    run_id,
    tenant: 't',
    program: 'p',
    tasklet: number % 2 === 0 ? 'even' : 'odd',
    version: '0.1.0',
    provider: 'local',
    cell_id: 'c',
    module_sha256: sha,
    state,
    created_at,
    ended_at: created_at,
    response: {
      ...{ run_id, state, error: null, output: { big: 'x'.repeat(100) }, output_bytes: 1, output_sha256: sha },
      ...{ fuel_used: 1, linear_memory_peak: 1, duration_us: 1, module_sha256: sha, cell_id: 'c', provider: 'local' },
    },
    lease_id: null,
    ...changes,
  };
}

function failed(number: number, label: string): Run {
  const one = run(number, { state: 'failed' });
  const error = { code: 'tasklet_failed', message: `it said ${label}`, label, exit_code: 1 } as const;
  return { ...one, response: one.response && { ...one.response, state: 'failed', error } };
}

const entry = (one: Run, provider: RunEntry['provider'] = 'local'): RunEntry => ({ root: '/p', provider, run: one });

describe('the filter of runs', () => {
  const rows: Array<[string, RunEntry, string, string, boolean]> = [
    ['no words', entry(run(1)), '', '', true],
    ['its tasklet, in any case', entry(run(1)), '', 'ODD', true],
    ['another tasklet', entry(run(1)), '', 'even', false],
    ['its label', entry(failed(2, 'missing_name')), '', 'missing', true],
    ['two words that both fit', entry(failed(2, 'missing_name')), '', 'even failed', true],
    ['two words of which one does not', entry(failed(2, 'missing_name')), '', 'odd failed', false],
    ['its input', entry(run(3)), 'fixture hello', 'hello', true],
    ['its provider', entry(run(3), 'aws'), '', 'aws', true],
    ['its day', entry(run(3)), '', '2026-01-01', true],
    ['its id', entry(run(3)), '', 'run-00003', true],
  ];
  for (const [title, one, input, filter, expected] of rows) {
    it(`${expected ? 'finds' : 'leaves out'} a run by ${title}`, () =>
      assert.equal(matchesRun(one, input, filter), expected));
  }
});

describe('what a workspace remembers of runs', () => {
  it('is the newest that ended, of one program, without outputs', async () => {
    const store = memory();
    const going = run(999, { state: 'running', ended_at: null, response: null });
    const runs = [going, ...Array.from({ length: 500 }, (_, index) => run(998 - index))];
    await keepRuns(
      store,
      '/p',
      runs.map((one) => entry(one)),
    );
    const kept = readRuns(store, '/p');
    assert.equal(kept.length, 200);
    assert.equal(kept[0]?.run.run_id, 'run-00998');
    assert.equal(kept[0]?.root, '/p');
    assert.equal(kept[0]?.run.response?.output, null);
    assert.deepEqual(readRuns(store, '/q'), []);
  });

  it('is listed before anybody can be asked', () => {
    using model = new RunsModel('/p', { places: async () => [], connect: () => Promise.reject(), log: () => {} }, [
      entry(run(1)),
      entry(run(2)),
    ]);
    assert.deepEqual(
      model.entries.map((one) => one.run.run_id),
      ['run-00002', 'run-00001'],
    );
    assert.equal(model.hasOlder, false);
  });

  it('has the names of the newest thousand inputs, and of a long text its beginning', async () => {
    const store = memory();
    const inputs = new RunInputs(store);
    await inputs.put('first', { kind: 'text', text: 'x'.repeat(10_000) });
    const first = inputs.of('first');
    assert.equal(first?.kind === 'text' && first.text.length, 41);
    for (let count = 0; count < 1_000; count++) await inputs.put(`run ${count}`, { kind: 'fixture', name: 'one' });
    assert.equal(inputs.of('first'), undefined);
    assert.deepEqual(new RunInputs(store).of('run 999'), { kind: 'fixture', name: 'one' });
  });

  it('has the grouping, and not the filter', () => {
    const store = memory();
    const shown = new RunsShown(store);
    assert.equal(shown.group, 'day');
    shown.setGroup('tasklet');
    shown.setFilter('failed');
    const again = new RunsShown(store);
    assert.deepEqual([again.group, again.filter], ['tasklet', '']);
  });
});

/** A stand-in for a scheduler that has many runs: only what the list asks of it. */
function listOf(all: Run[]): SchedulerClient & Disposable {
  const asked: Partial<SchedulerClient> = {
    listRuns: async ({ limit = 50, before } = {}) => {
      const from = before === undefined ? 0 : all.findIndex(({ run_id }) => run_id === before) + 1;
      return all.slice(from, from + limit);
    },
    async *allEvents({ signal } = {}): AsyncGenerator<RunsEvent, void, undefined> {
      yield { event: 'listening', data: {} };
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    },
  };
  return { ...asked, [Symbol.dispose]: () => {} } as SchedulerClient & Disposable;
}

describe('ten thousand runs', () => {
  it('are listed page by page, each told once, and not past the most', async () => {
    const all = Array.from({ length: 10_250 }, (_, index) => run(10_250 - index));
    let events = 0;
    using model = new RunsModel('/p', {
      places: async () => [{ provider: 'local' }],
      connect: async () => listOf(all),
      log: assert.fail,
    });
    const listed = new Promise<void>((resolve) => {
      model.onChanged(() => {
        events += 1;
        resolve();
      });
    });
    const attention = model.attend();
    await listed;
    assert.deepEqual([model.size, model.hasOlder, events], [100, true, 1]);
    await model.more();
    assert.deepEqual([model.size, events], [200, 2]);
    assert.equal(model.entries.at(-1)?.run.run_id, all[199]?.run_id);
    while (model.hasOlder) await model.more();
    assert.deepEqual([model.size, events], [10_000, 100]);
    attention.dispose();
  });

  it('that were remembered go where the provider has them no more, and older ones stay', async () => {
    const all = Array.from({ length: 150 }, (_, index) => run(1_000 - index));
    const gone = run(995, { run_id: 'gone' });
    const older = run(1);
    const elsewhere = entry(run(996, { run_id: 'elsewhere' }), 'aws');
    using model = new RunsModel(
      '/p',
      { places: async () => [{ provider: 'local' }], connect: async () => listOf(all), log: assert.fail },
      [entry(all[0] as Run), entry(gone), entry(older), elsewhere],
    );
    const listed = new Promise<unknown>((resolve) => model.onChanged(resolve));
    model.attend();
    await listed;
    assert.equal(model.find('gone'), undefined);
    for (const id of ['elsewhere', older.run_id, 'run-01000']) assert.ok(model.find(id), id);
  });

  it('of which there are fewer than a page have no older ones', async () => {
    using model = new RunsModel('/p', {
      places: async () => [{ provider: 'local' }],
      connect: async () => listOf([run(2), run(1)]),
      log: assert.fail,
    });
    const listed = new Promise<unknown>((resolve) => model.onChanged(resolve));
    model.attend();
    await listed;
    assert.deepEqual([model.size, model.hasOlder], [2, false]);
  });
});

describe('places of a failed run', () => {
  it('are shown as far as they are known, by the name alone without a line, and left out without either', () => {
    const place = { function: 'f', file: 'a.ts', line: 3, column: 2, own: true, excerpt: 'x' };
    assert.deepEqual(placeShown(place), [{ file: 'a.ts', line: 3, column: 2, name: 'f', excerpt: 'x' }]);
    assert.deepEqual(placeShown({ ...place, function: null, column: null, excerpt: null }), [
      { file: 'a.ts', line: 3, column: 1, name: '', excerpt: '' },
    ]);
    for (const part of [{ file: null }, { line: null }]) {
      const byName = { file: '', line: 0, column: 0, name: 'f', excerpt: '' };
      assert.deepEqual(placeShown({ ...place, ...part }), [byName]);
      assert.deepEqual(placeShown({ ...place, ...part, function: null }), []);
    }
  });

  it('are the reason where a source map is too large for any to be known', () => {
    const left_out = { code: 'source_map_too_large', message: 'It is large.', next: 'Divide it.' } as const;
    const nothing = { function: null, file: null, line: null, column: null, own: false, excerpt: null };
    const shown = placeShown({ ...nothing, left_out });
    assert.deepEqual(shown, [{ file: '', line: 0, column: 0, name: 'It is large.', excerpt: '' }]);
  });

  it('open files of the program alone', () => {
    assert.equal(fileOfPlace('/p', 'tasklets/a.ts'), '/p/tasklets/a.ts');
    for (const file of ['../q/a.ts', '/etc/passwd', '', '.', '/pq/a.ts', 'a/../../x'])
      assert.equal(fileOfPlace('/p', file), undefined, file);
  });
});

describe('ends that a run has again', () => {
  it('are those that came from inside of it', () => {
    assert.equal(isRepeatable(run(1)), true);
    assert.equal(isRepeatable(failed(1, 'x')), true);
    const response = run(1).response;
    for (const code of ['cancelled', 'deadline_exceeded', 'worker_lost'] as const) {
      const error = { code, message: code };
      assert.equal(isRepeatable(run(1, { response: response && { ...response, error } })), false);
    }
    assert.equal(isRepeatable(run(1, { response: null })), false);
  });
});
