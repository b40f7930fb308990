import assert from 'node:assert/strict';
import { RefusedError } from '../../../../../daemons/scheduler/refused.ts';
import { createLeaseLedger } from '../../../../../daemons/scheduler/runs/leaseLedger.ts';
import { LiveRuns } from '../../../../../daemons/scheduler/runs/liveRuns.ts';
import { type CellStore, openCellStore } from '../../../../../daemons/scheduler/store/cellStore.ts';
import type { StoredRun } from '../../../../../daemons/scheduler/store/runTable.ts';
import { createTenantTable } from '../../../../../daemons/scheduler/store/tenantTable.ts';
import { createAuthority } from '../../../../../toolchain/trust/authority.ts';
import { storedRun as run } from '../../../../helpers/storedRun.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const { certPem } = createAuthority({ name: 'live', days: 2 }).issue({ role: 'tenant', name: 'acme', days: 1 });
const refused = (reason: string) => (error: unknown) => error instanceof RefusedError && error.reason === reason;

describe('the runs that have not ended', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: CellStore;
  let tenants: ReturnType<typeof createTenantTable>;
  let ledger: ReturnType<typeof createLeaseLedger>;
  let live: LiveRuns;
  const enter = (one: StoredRun) => {
    live.take(one);
    return live.enter(one, null);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = openCellStore(folder.path);
    tenants = createTenantTable(store);
    for (const name of ['acme', 'other']) tenants.put(name, certPem, name);
    tenants.setQuota('acme', { runs_soft: 2, runs_hard: 2, burst_per_minute: 0, mem_bytes: 100 });
    ledger = createLeaseLedger();
    live = new LiveRuns(tenants, ledger);
  });
  afterEach(async () => {
    store.close();
    await folder[Symbol.asyncDispose]();
  });

  it('are found by their id and by the key of their tenant, until they leave', () => {
    const one = enter(run('a', 'acme', { idempotency_key: 'k' }));
    enter(run('b', 'other', { idempotency_key: 'k' }));
    assert.equal(live.byId('a'), one);
    assert.equal(live.byKey('acme', 'k'), one);
    assert.equal(live.byKey('other', 'k')?.run.run_id, 'b');
    assert.deepEqual([live.byKey('acme', 'j'), live.count, one.run.state], [undefined, 2, 'placed']);
    live.leave(one);
    assert.deepEqual([live.byId('a'), live.byKey('acme', 'k'), live.count], [undefined, undefined, 1]);
    assert.ok(live.byKey('other', 'k'));
  });

  it('take of the quota of their tenant alone, and give it back', () => {
    const one = enter(run('a', 'acme', { mem_bytes: 60 }));
    enter(run('b', 'acme', { mem_bytes: 40 }));
    assert.throws(() => live.take(run('c')), refused('quota_hard_limit_exceeded'));
    enter(run('d', 'other', { mem_bytes: 1000 }));
    assert.deepEqual([live.useOf('acme').runs, live.useOf('acme').memBytes, live.memBytes], [2, 100, 1100]);
    live.leave(one);
    assert.throws(() => live.take(run('c', 'acme', { mem_bytes: 61 })), refused('lease_denied: quota'));
    live.take(run('c', 'acme', { mem_bytes: 60 }));
    assert.equal(live.useOf('acme').memBytes, 100);
  });

  it('take nothing when they are refused', () => {
    for (let i = 0; i < 3; i++) {
      assert.throws(() => live.take(run('a', 'acme', { mem_bytes: 101 })), refused('lease_denied: quota'));
    }
    const { runs, memBytes } = live.useOf('acme');
    assert.deepEqual([runs, memBytes, live.memBytes], [0, 0, 0]);
    assert.throws(() => live.take(run('a', 'nobody')), refused('tenant_unknown'));
    live.give(run('a', 'nobody'));
    assert.equal(live.memBytes, 0);
  });

  it('have less room while leases of runs that ended are held', () => {
    const lease = { lease_id: 'l', generation: 1, kind: 'mem' as const, tenant: 'acme', bytes: 70, run_id: 'before' };
    ledger.hold({ ...lease, expires_at: '2100-01-01T00:00:00.000Z' });
    assert.throws(() => live.take(run('a', 'acme', { mem_bytes: 31 })), refused('lease_denied: quota'));
    live.take(run('a', 'acme', { mem_bytes: 30 }));
    ledger.replace([{ ...lease, expires_at: '2000-01-01T00:00:00.000Z' }]);
    live.take(run('b', 'acme', { mem_bytes: 70 }));
  });

  it('are waited for until the last one left', async () => {
    await live.idle();
    const [a, b] = [enter(run('a')), enter(run('b', 'other'))];
    let isIdle = false;
    const idle = Promise.all([live.idle(), live.idle()]).then(() => {
      isIdle = true;
    });
    live.leave(a);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isIdle, false);
    live.leave(b);
    await idle;
  });
});
