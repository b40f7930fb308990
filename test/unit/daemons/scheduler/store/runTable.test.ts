import assert from 'node:assert/strict';
import { conclude, NOT_ENDED } from '../../../../../daemons/scheduler/runs/endRun.ts';
import { type CellStore, openCellStore } from '../../../../../daemons/scheduler/store/cellStore.ts';
import { IN_ROW_BYTES } from '../../../../../daemons/scheduler/store/runFiles.ts';
import { createRunTable, type RunTable, type StoredRun } from '../../../../../daemons/scheduler/store/runTable.ts';
import { RECORD } from '../../../../helpers/goodAnswers.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const run = (run_id: string, more: Partial<StoredRun> = {}): StoredRun => ({
  ...RECORD,
  ...NOT_ENDED,
  seq: 0,
  run_id,
  hold_ms: 0,
  idempotency_key: null,
  request_sha256: null,
  state: 'placed',
  created_at: 1,
  ...more,
});

describe('the table of runs', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: CellStore;
  let table: RunTable;

  const put = (one: StoredRun, input = Buffer.alloc(0)) => {
    one.input_bytes = input.length;
    store.change(() => table.insert(one, input));
    return one;
  };
  const end = (one: StoredRun, output = Buffer.alloc(0), more: Parameters<typeof conclude>[1] | object = {}) => {
    const ended = conclude(
      one,
      {
        run_id: one.run_id,
        state: 'succeeded',
        error: null,
        output,
        log: '',
        fuel_used: 1,
        linear_memory_peak: 2,
        duration_us: 3,
        lease: null,
        ...more,
      },
      'hash',
    );
    store.change(() => table.end(ended.run, ended.output, ended.log));
    return ended.run;
  };
  const ids = (runs: StoredRun[]) => runs.map(({ run_id }) => run_id).join(' ');

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = openCellStore(folder.path);
    table = createRunTable(store);
  });
  afterEach(async () => {
    store.close();
    await folder[Symbol.asyncDispose]();
  });

  it('gives a run back as it was put, and as it ended', () => {
    const one = put(run('a', { idempotency_key: 'k', request_sha256: 'r', start_unix_nanos: '9223372036854775807' }));
    assert.deepEqual({ ...table.byId('a') }, one);
    const error = { code: 'tasklet_failed', message: 'nö', label: 'x', exit_code: 1 } as const;
    const ended = end(one, Buffer.from('out'), { state: 'failed', error, log: 'a\nb' });
    assert.deepEqual({ ...table.byId('a') }, ended);
    assert.equal(table.bytes(ended).log, 'a\nb');
    assert.equal(table.byId('b'), undefined);
  });

  it('has the bytes in the row up to a size, and null for bytes of files', () => {
    for (const size of [0, 1, IN_ROW_BYTES, IN_ROW_BYTES + 1]) {
      const bytes = Buffer.alloc(size, 7);
      const one = put(run(`r${size}`), bytes);
      const before = table.bytes(one);
      const { input, output } = table.bytes(end(one, bytes));
      const expected = size > IN_ROW_BYTES ? null : size;
      assert.deepEqual([before.input?.length ?? null, before.output], [expected, null], `${size}`);
      assert.deepEqual([input?.length ?? null, output?.length ?? null], [expected, expected], `${size}`);
      if (input !== null) assert.ok(Buffer.from(input).equals(bytes));
    }
  });

  it('finds a run by the key of its tenant, and keeps a key from a second run', () => {
    put(run('a', { tenant: 'acme', idempotency_key: 'k' }));
    put(run('b', { tenant: 'other', idempotency_key: 'k' }));
    assert.deepEqual([table.byKey('acme', 'k')?.run_id, table.byKey('other', 'k')?.run_id], ['a', 'b']);
    assert.equal(table.byKey('acme', 'j'), undefined);
    assert.throws(() => put(run('c', { tenant: 'acme', idempotency_key: 'k' })), /UNIQUE/);
    assert.throws(() => put(run('a')), /UNIQUE/);
    assert.equal(ids(table.list(null, 10, null)), 'b a');
  });

  it('lists the newest first, those of one tenant alone, and those before another', () => {
    for (const [at, tenant] of ['acme', 'other', 'acme', 'acme'].entries()) put(run(`r${at}`, { tenant }));
    assert.equal(ids(table.list(null, 10, null)), 'r3 r2 r1 r0');
    assert.equal(ids(table.list('acme', 2, null)), 'r3 r2');
    assert.equal(ids(table.list('acme', 10, table.byId('r2')?.seq ?? 0)), 'r0');
    assert.equal(ids(table.list('nobody', 10, null)), '');
  });

  it('knows the runs in flight, in the order they came', () => {
    const [a] = [put(run('a')), put(run('b')), put(run('c'))];
    end(a);
    assert.equal(ids(table.inFlight()), 'b c');
  });

  it('takes a run back to before it ran', () => {
    const one = put(run('a'), Buffer.from('in'));
    end(one, Buffer.from('out'), { log: 'x' });
    const fresh = { ...one, ...NOT_ENDED, state: 'placed' as const };
    store.change(() => table.reopen(fresh));
    assert.deepEqual({ ...table.byId('a') }, fresh);
    const { input, output, log } = table.bytes(fresh);
    assert.deepEqual([Buffer.from(input ?? []).toString(), output, log], ['in', null, null]);
    assert.equal(ids(table.inFlight()), 'a');
  });

  it('counts what it holds, over a restart too', () => {
    put(run('a'));
    const b = put(run('b'));
    store.change(() => table.remove(b));
    assert.equal(table.count(), 1);
    store.close();
    store = openCellStore(folder.path);
    table = createRunTable(store);
    assert.equal(table.count(), 1);
    assert.throws(() => table.bytes(b), /run b has no bytes/);
  });

  it('removes all of a tenant, and says which have files', () => {
    const long = Buffer.alloc(IN_ROW_BYTES + 1);
    put(run('a', { tenant: 'acme' }), long);
    end(put(run('b', { tenant: 'acme' })), long);
    put(run('c', { tenant: 'acme' }), Buffer.from('short'));
    put(run('d', { tenant: 'other' }), long);
    const { value } = store.change(() => table.removeTenant('acme'));
    assert.deepEqual(value.sort(), ['a', 'b']);
    assert.deepEqual([table.count(), ids(table.list(null, 10, null))], [1, 'd']);
  });

  it('drops the oldest ended runs beyond the number, now and then, and none in flight', () => {
    table = createRunTable(store, { runs: 2, bytes: 1e9 });
    put(run('in-flight'));
    for (let at = 0; at < 65; at++) end(put(run(`r${at}`)));
    assert.deepEqual(store.change(() => table.trim()).value, []);
    assert.equal(table.count(), 66, 'not at each run');
    end(put(run('r65')));
    store.change(() => table.trim());
    assert.equal(ids(table.list(null, 10, null)), 'r65 in-flight');
  });

  it('drops runs beyond the bytes of inputs and outputs, and says which have files', () => {
    table = createRunTable(store, { runs: 1e6, bytes: 3 * IN_ROW_BYTES });
    const long = Buffer.alloc(IN_ROW_BYTES + 1);
    end(put(run('a'), long));
    end(put(run('b')), Buffer.alloc(IN_ROW_BYTES));
    assert.deepEqual(store.change(() => table.trim()).value, []);
    end(put(run('c')), long);
    assert.deepEqual(store.change(() => table.trim()).value, ['a']);
    assert.equal(ids(table.list(null, 10, null)), 'c b');
  });

  it('counts the bytes of a run that ran twice once', () => {
    table = createRunTable(store, { runs: 1e6, bytes: 100 });
    const one = put(run('a'));
    const first = end(one, Buffer.alloc(60));
    store.change(() => table.reopen({ ...first, ...NOT_ENDED, state: 'placed' }));
    end(one, Buffer.alloc(60));
    assert.deepEqual(store.change(() => table.trim()).value, []);
    assert.equal(table.count(), 1);
  });

  it('leaves no trace of a change that failed', () => {
    put(run('a'));
    assert.throws(() =>
      store.change(() => {
        table.insert(run('b'), Buffer.alloc(0));
        throw new Error('no');
      }),
    );
    assert.equal(table.byId('b'), undefined);
  });
});
