import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateFolder } from '../../base/files/stateFolder.ts';
import type { GrafosError } from '../../base/grafosError.ts';
import { createModuleStore } from '../../daemons/scheduler/moduleStore.ts';
import { conclude, NOT_ENDED } from '../../daemons/scheduler/runs/endRun.ts';
import {
  type CellStore,
  openCellStore,
  openStoppedStore,
  STORE_FILE,
} from '../../daemons/scheduler/store/cellStore.ts';
import { createDecisionTable } from '../../daemons/scheduler/store/decisionTable.ts';
import { createRunTable, type RunTable, type StoredRun } from '../../daemons/scheduler/store/runTable.ts';
import { MODULE, MODULE_SHA256 } from './schedulerHarness.ts';

describe('scheduler: store', () => {
  let dir: string;
  let store: CellStore;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'grafos-store-'));
    store = openCellStore(dir);
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('removes a rollback journal that came with the folder, and what it names stays', () => {
    store.change(() => store.setMeta('kept', 'yes'));
    store.close();
    const named = join(dir, 'thesis.txt');
    writeFileSync(named, 'mine');
    // The end of a hot journal that names a super-journal (SQLite, "Database File Format", section
    // 3).
    const name = Buffer.from(named);
    const tail = Buffer.alloc(16);
    tail.writeUInt32BE(name.length, 0);
    tail.writeUInt32BE(
      name.reduce((sum, byte) => sum + byte, 0),
      4,
    );
    const magic = Buffer.from('d9d505f920a163d7', 'hex');
    magic.copy(tail, 8);
    writeFileSync(join(dir, `${STORE_FILE}-journal`), Buffer.concat([magic, Buffer.alloc(504), name, tail]));
    store = openCellStore(dir);
    assert.equal(store.getMeta('kept'), 'yes');
    assert.equal(readFileSync(named, 'utf8'), 'mine');
    assert.ok(!readdirSync(dir).includes(`${STORE_FILE}-journal`));
  });

  for (const [what, sql] of [
    ['trigger', 'CREATE TRIGGER boom AFTER INSERT ON decisions BEGIN DELETE FROM tenants; END'],
    ['view', 'CREATE VIEW runs_seen AS SELECT * FROM runs'],
    ['new index', 'CREATE INDEX slow ON runs (log_of(run_id))'],
    ['changed table', 'ALTER TABLE tenants ADD COLUMN more TEXT'],
  ] as const) {
    it(`refuses a store with a ${what} that no grafOS made, and leaves it`, () => {
      store.close();
      const db = new DatabaseSync(join(dir, STORE_FILE));
      db.function('log_of', { deterministic: true }, (id) => id);
      db.exec(sql);
      db.close();
      const before = readFileSync(join(dir, STORE_FILE));
      const foreign = { code: 'store_corrupt', why: /are not those that grafOS makes/ };
      assert.throws(() => openCellStore(dir), foreign);
      assert.throws(() => openStoppedStore(StateFolder.at(dir)), foreign);
      assert.deepEqual(readFileSync(join(dir, STORE_FILE)), before);
      rmSync(dir, { recursive: true });
      store = openCellStore(dir);
    });
  }

  function runNamed(run_id: string): StoredRun {
    return {
      ...NOT_ENDED,
      seq: 0,
      run_id,
      tenant: 't',
      program: 'p',
      tasklet: 'k',
      version: '1',
      provider: 'local',
      region: 'local',
      cell_id: 'c',
      module_sha256: MODULE_SHA256,
      input_sha256: MODULE_SHA256,
      input_bytes: 0,
      seed: '00',
      start_unix_nanos: '1',
      mem_bytes: 0,
      fuel: 1,
      linear_memory_bytes: 1,
      timeout_ms: 1,
      hold_ms: 0,
      idempotency_key: null,
      request_sha256: null,
      state: 'placed',
      created_at: 1,
    };
  }

  function end(runs: RunTable, run: StoredRun, output: Uint8Array): void {
    const facts = { run_id: run.run_id, state: 'succeeded', error: null, log: 'l', fuel_used: 1 } as const;
    const outcome = { ...facts, output, linear_memory_peak: 1, duration_us: 1, lease: null };
    runs.end(conclude(run, outcome, MODULE_SHA256).run, output, 'l');
  }

  const meta = () => store.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');

  it('undoes what failed, and keeps what its neighbours of the same turn did', async () => {
    const insert = meta();
    const first = store.change(() => insert.run('a', '1'));
    assert.throws(() =>
      store.change(() => {
        insert.run('b', '1');
        insert.run('a', 'again');
      }),
    );
    const third = store.change(() => insert.run('c', '1'));
    await Promise.all([first.durable, third.durable]);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => store.getMeta(key)),
      ['1', undefined, '1'],
    );
  });

  it('says storage_unavailable to all of a turn when the disk is full, and works again when it is not', async () => {
    const insert = meta();
    const pages = Number(store.prepare('PRAGMA page_count').get()?.page_count);
    store.prepare(`PRAGMA max_page_count = ${pages + 2}`).get();
    const refused = { name: 'RefusedError', reason: 'storage_unavailable' };
    const neighbour = store.change(() => insert.run('a', '1'));
    assert.throws(() => store.change(() => insert.run('b', 'x'.repeat(1_000_000))), refused);
    await neighbour.durable.catch((error: unknown) =>
      assert.equal((error as { reason: string }).reason, 'storage_unavailable'),
    );
    store.prepare('PRAGMA max_page_count = 1000000').get();
    await store.change(() => insert.run('c', '1')).durable;
    assert.equal(store.getMeta('c'), '1');
    assert.equal(store.getMeta('b'), undefined);
  });

  it('keeps what was committed, and refuses a store of a newer version without touching it', async () => {
    await store.change(() => store.setMeta('a', '1')).durable;
    store.close();
    store = openCellStore(dir);
    assert.equal(store.getMeta('a'), '1');
    store.close();
    const db = new DatabaseSync(join(dir, STORE_FILE));
    db.exec('PRAGMA user_version = 99');
    db.close();
    assert.throws(() => openCellStore(dir), { code: 'store_newer' });
    const again = new DatabaseSync(join(dir, STORE_FILE));
    again.exec('PRAGMA user_version = 1');
    again.close();
    store = openCellStore(dir);
    assert.equal(store.getMeta('a'), '1');
  });

  it('says that a path is too long for SQLite, and opens the longest that is not', function () {
    if (process.platform === 'win32') this.skip();
    const ofBytes = (bytes: number) => {
      let path = dir;
      for (let left = bytes - path.length; left > 0; left = bytes - path.length) {
        // Never one byte short: a separator needs a name behind it.
        const name = left > 202 ? 100 : left > 101 ? left - 51 : left - 1;
        path = join(path, 'd'.repeat(name));
      }
      return path;
    };
    const longest = 504 - `/${STORE_FILE}`.length;
    openCellStore(ofBytes(longest)).close();
    for (const bytes of [longest + 1, longest + 200]) {
      assert.throws(
        () => openCellStore(ofBytes(bytes)),
        (error: GrafosError) => {
          assert.equal(error.code, 'path_too_long');
          assert.match(`${error.why} ${error.next}`, /at most 504.*shorter path/);
          return true;
        },
      );
    }
  });

  it('that is read while its scheduler starts again keeps the log of that scheduler', async () => {
    store.close();
    const reader = openStoppedStore(StateFolder.at(dir));
    store = openCellStore(dir);
    store.setMeta('a', '2');
    assert.ok(existsSync(join(dir, `${STORE_FILE}-wal`)));
    reader[Symbol.dispose]();
    assert.ok(existsSync(join(dir, `${STORE_FILE}-wal`)), "the log is its scheduler's own");
    assert.equal(store.getMeta('a'), '2');
  });

  for (const end of ['a clean stop', 'a kill'] as const) {
    it(`after ${end} is no hindrance to a scheduler while a reader of it lives`, async () => {
      await store.change(() => store.setMeta('a', '1')).durable;
      const copy = mkdtempSync(join(tmpdir(), 'grafos-store-'));
      if (end === 'a clean stop') store.close();
      cpSync(dir, copy, { recursive: true });
      if (end === 'a clean stop') store = openCellStore(dir);
      assert.equal(existsSync(join(copy, `${STORE_FILE}-wal`)), end === 'a kill');
      const entry = join(import.meta.dirname, '../../daemons/scheduler/reader/storeReader.ts');
      const reader = spawn(process.execPath, [entry, copy], { stdio: ['pipe', 'pipe', 'inherit'] });
      const text = reader.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
      const ask = async () => {
        reader.stdin.write('/api/v1/runs?limit=1\n');
        for (let answer = ''; ; ) {
          answer += String((await text.next()).value);
          const [, size] = /^\d+ (\d+)\n/.exec(answer) ?? [];
          if (size !== undefined && answer.length === answer.indexOf('\n') + 1 + Number(size)) return answer;
        }
      };
      try {
        assert.equal((await text.next()).value, 'ready\n');
        assert.match(await ask(), /^200 /);
        const started = openCellStore(copy);
        assert.equal(started.getMeta('a'), '1');
        await started.change(() => started.setMeta('a', '2')).durable;
        assert.match(
          await ask(),
          /^503 \d+\n\{"error":\{"reason":"runtime_not_ready","message":"The stack has started/s,
        );
        started.close();
        assert.match(await ask(), /^200 /);
      } finally {
        reader.stdin.end();
        await once(reader, 'exit');
      }
      assert.deepEqual(readdirSync(copy), [STORE_FILE]);
      rmSync(copy, { recursive: true });
    });
  }

  it('drops the oldest ended runs beyond the bounds, by number and by bytes, and never one in flight', async () => {
    const runs = createRunTable(store, { runs: 10, bytes: 5_000 });
    const flying = runNamed('flying');
    await store.change(() => runs.insert(flying, new Uint8Array())).durable;
    for (let at = 0; at < 200; at += 1) {
      const run = runNamed(`run-${at}`);
      store.change(() => {
        runs.insert(run, new Uint8Array());
        end(runs, run, new Uint8Array());
        runs.trim();
      });
    }
    const kept = runs.list('t', 1_000, null).map(({ run_id }) => run_id);
    assert.ok(kept.length < 100 && kept.includes('flying') && kept.includes('run-199') && !kept.includes('run-0'));
    const big = runNamed('big');
    store.change(() => {
      runs.insert(big, new Uint8Array());
      end(runs, big, new Uint8Array(4_000));
      const bigger = runNamed('bigger');
      runs.insert(bigger, new Uint8Array());
      end(runs, bigger, new Uint8Array(4_000));
      runs.trim();
    });
    assert.deepEqual(
      runs.list('t', 1_000, null).map(({ run_id }) => run_id),
      ['bigger', 'flying'],
    );
    const left = store.prepare('SELECT count(*) AS rows FROM run_bytes').get()?.rows;
    assert.equal(left, 2, 'bytes of dropped runs');
  });

  it('keeps a bounded number of decisions', async () => {
    const decisions = createDecisionTable(store, 100);
    const facts = {
      at: 1,
      run_id: null,
      tenant: 't',
      program: 'p',
      tasklet: 'k',
      admission: 'ok',
      placement: 'ok',
      cell_id: 'c',
    } as const;
    await store.change(() => {
      for (let at = 0; at < 1_024; at += 1) decisions.insert(facts);
    }).durable;
    assert.equal(decisions.admissions(null, 10_000).length, 100);
  });

  describe('modules', () => {
    async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    }

    it('keeps nothing whose hash is wrong, or whose sender broke off', async () => {
      const modules = createModuleStore(dir, store);
      await assert.rejects(modules.put('t', '0'.repeat(64), chunks(MODULE)), { reason: 'module_hash_mismatch' });
      const broken = (async function* () {
        yield MODULE.subarray(0, 5);
        throw new Error('gone');
      })();
      await assert.rejects(modules.put('t', MODULE_SHA256, broken), /gone/);
      assert.deepEqual(readdirSync(join(dir, 'modules')), []);
      assert.equal(modules.has('t', MODULE_SHA256), false);
    });

    it('finds a module again after a restart, for its tenant only, and notices when its file is gone', async () => {
      let modules = createModuleStore(dir, store);
      await modules.put('t', MODULE_SHA256, chunks(MODULE));
      modules = createModuleStore(dir, store);
      assert.deepEqual([modules.has('t', MODULE_SHA256), modules.has('u', MODULE_SHA256)], [true, false]);
      assert.ok(MODULE.equals(await modules.read(MODULE_SHA256)));
      rmSync(join(dir, 'modules', `${MODULE_SHA256}.wasm`));
      await assert.rejects(modules.read(MODULE_SHA256), { reason: 'module_unknown' });
      assert.equal(modules.has('t', MODULE_SHA256), false);
    });

    it('drops those not used for longest beyond its bounds', async () => {
      const { createHash } = await import('node:crypto');
      const modules = createModuleStore(dir, store, { modules: 3, bytes: 1_000 });
      const hashes: string[] = [];
      for (let at = 0; at < 5; at += 1) {
        const bytes = Buffer.from(`module ${at}`);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        hashes.push(sha256);
        await modules.put('t', sha256, chunks(bytes));
        const then = Date.now();
        while (Date.now() === then) await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual(
        hashes.map((sha256) => modules.has('t', sha256)),
        [false, false, true, true, true],
      );
      assert.equal(readdirSync(join(dir, 'modules')).length, 3);
    });
  });
});
