import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { FabricRefusedError } from '../../../../../daemons/fabricbiosd/control/fabricRefused.ts';
import { LeaseTable, type LiveLease, leaseView } from '../../../../../daemons/fabricbiosd/leases/leaseTable.ts';

function refused(code: string) {
  return (error: unknown) => error instanceof FabricRefusedError && error.code === code;
}

interface World {
  pool: SharedArrayBuffer;
  leases: LeaseTable;
  clock: { now: number };
  events: string[];
}

function world(bytes = 1024): World {
  const pool = new SharedArrayBuffer(bytes);
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
  const events: string[] = [];
  const leases = new LeaseTable(pool, () => clock.now, {
    ended: (lease, why) => events.push(`${lease.offset} ${why} ${lease.window[0]}`),
    renewed: (lease) => events.push(`${lease.offset} renewed ${lease.generation}`),
  });
  return { pool, leases, clock, events };
}

const ask = (bytes: number, ttlMs = 60_000) => ({ tenant: 't', bytes, ttlMs });

describe('the lease table', () => {
  let { pool, leases, clock, events } = world();

  beforeEach(() => {
    ({ pool, leases, clock, events } = world());
  });

  afterEach(() => leases.stop());

  it('gives windows that do not overlap, first fit, and no more than there is', () => {
    const a = leases.alloc(ask(256));
    const b = leases.alloc(ask(100));
    const c = leases.alloc(ask(600));
    assert.deepEqual([a.offset, b.offset, c.offset], [0, 256, 368]);
    assert.equal(leases.leased, 956);
    assert.throws(() => leases.alloc(ask(100)), refused('mem_capacity_exceeded'));
    leases.free(b.id);
    assert.equal(leases.alloc(ask(100)).offset, 256, 'the gap is used again');
    leases.free(a.id);
    assert.equal(leases.alloc(ask(250)).offset, 0);
    assert.throws(() => leases.alloc(ask(49)), refused('mem_capacity_exceeded'));
    assert.equal(leases.alloc(ask(48)).offset, 976, 'the last bytes of the pool');
    assert.throws(() => leases.alloc(ask(1)), refused('mem_capacity_exceeded'));
    assert.throws(() => world(1024).leases.alloc(ask(1025)), refused('mem_capacity_exceeded'));
  });

  it('gives the whole pool, again and again, always zeroed', () => {
    for (let round = 0; round < 5; round++) {
      const lease = leases.alloc(ask(1024));
      assert.ok(lease.window.every((byte) => byte === 0));
      lease.window.fill(round + 1);
      leases.free(lease.id);
    }
    assert.ok(new Uint8Array(pool).every((byte) => byte === 0));
  });

  it('says a lease has ended while its bytes are still there, and zeroes them then', () => {
    const lease = leases.alloc(ask(64));
    lease.window.fill(7);
    leases.free(lease.id);
    assert.deepEqual(events, ['0 lease_freed 7']);
    assert.ok(lease.window.every((byte) => byte === 0));
    assert.equal(leases.get(lease.id), undefined);
    assert.throws(() => leases.free(lease.id), refused('lease_unknown'));
    assert.throws(() => leases.renew(lease.id, 1), refused('lease_unknown'));
  });

  it('bumps the generation with each renewal and counts the time from then', () => {
    const lease = leases.alloc(ask(64, 1_000));
    clock.now += 500;
    leases.renew(lease.id, 2_000);
    assert.equal(lease.generation, 2);
    assert.equal(leaseView(lease).expires_at, '2026-01-01T00:00:02.500Z');
    assert.deepEqual(events, ['0 renewed 2']);
  });

  it('ends a lease by itself, the earliest first, and zeroes it', async () => {
    const ends: string[] = [];
    let both = () => {};
    const ended = new Promise<void>((resolve) => {
      both = resolve;
    });
    const start = performance.now();
    const timed = new LeaseTable(pool, () => performance.now(), {
      ended: (lease, why) => {
        ends.push(`${lease.tenant} ${why}`);
        // The clock is the judge: never before its time.
        assert.ok(performance.now() - start >= (lease.tenant === 'short' ? 20 : 40));
        if (ends.length === 2) setImmediate(both);
      },
      renewed: () => {},
    });
    const long = timed.alloc({ tenant: 'long', bytes: 64, ttlMs: 40 });
    const short = timed.alloc({ tenant: 'short', bytes: 64, ttlMs: 20 });
    long.window.fill(1);
    short.window.fill(2);
    await Promise.race([ended, delay(10_000, undefined, { ref: false })]);
    assert.deepEqual(ends, ['short lease_expired', 'long lease_expired']);
    assert.ok(new Uint8Array(pool).every((byte) => byte === 0));
    assert.equal(timed.size, 0);
  });

  it('ends those that a late timer finds over in the order of their ends', async () => {
    const ends: string[] = [];
    let now = 0;
    const all = Promise.withResolvers<void>();
    const late = new LeaseTable(pool, () => now, {
      ended: ({ tenant }) => {
        if (ends.push(tenant) === 3) all.resolve();
      },
      renewed: () => {},
    });
    for (const [tenant, ttlMs] of [
      ['third', 30],
      ['first', 10],
      ['second', 20],
    ] as const)
      late.alloc({ tenant, bytes: 16, ttlMs });
    now = 100;
    await all.promise;
    assert.deepEqual(ends, ['first', 'second', 'third']);
  });

  it('takes the window from a run before it zeroes it, and gives it to nobody before', () => {
    const order: string[] = [];
    const holder = {
      fence: (why: string) => {
        order.push(`fence ${why} ${lease.window[0]}`);
        assert.throws(() => leases.alloc(ask(1024)), refused('mem_capacity_exceeded'));
      },
    };
    const lease: LiveLease = leases.alloc({ ...ask(1024), runId: 'run-1', holder });
    lease.window.fill(9);
    leases.free(lease.id);
    assert.deepEqual(order, ['fence lease_freed 9']);
    assert.equal(lease.window[0], 0);
    leases.alloc(ask(1024));
  });

  it('does not end a lease that a run holds, and counts the hold from the end of the run', () => {
    const lease = leases.alloc({ ...ask(64, 1), runId: 'run-1', holder: { fence: () => assert.fail('fenced') } });
    clock.now += 10_000;
    leases.hold(lease.id, 5_000);
    assert.equal(leaseView(lease).expires_at, '2026-01-01T00:00:15.000Z');
    assert.equal(leaseView(lease).run_id, 'run-1');
    leases.release(lease.id);
    assert.deepEqual(events, ['0 lease_freed 0']);
    leases.hold(lease.id, 5_000);
    leases.release(lease.id);
    assert.equal(events.length, 1);
  });

  it('ends everything when the cell stops', () => {
    leases.alloc(ask(64)).window.fill(1);
    leases.alloc(ask(64)).window.fill(2);
    leases.stop();
    assert.deepEqual(events, ['0 shutting_down 1', '64 shutting_down 2']);
    assert.ok(new Uint8Array(pool).every((byte) => byte === 0));
  });
});
