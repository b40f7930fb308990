import assert from 'node:assert/strict';
import type { Actor } from '../../../../../daemons/scheduler/auth/connection.ts';
import { RefusedError } from '../../../../../daemons/scheduler/refused.ts';
import { createRunFeed, FEED_LISTENERS_MAX } from '../../../../../daemons/scheduler/runs/runFeed.ts';
import { storedRun as run } from '../../../../helpers/storedRun.ts';

const ACME: Actor = { role: 'tenant', name: 'acme' };
const OTHER: Actor = { role: 'tenant', name: 'other' };
const ADMIN: Actor = { role: 'admin', name: 'acme' };

describe('the feed of all runs', () => {
  let feed: ReturnType<typeof createRunFeed>;
  const listen = (actor: Actor) => {
    const got: string[] = [];
    const end = feed.listen(actor, {
      tell: ({ event, data }) => got.push(`${event} ${'run_id' in data ? data.run_id : ''}`),
      close: (reason) => got.push(`closed ${reason}`),
    });
    return { got, end };
  };

  beforeEach(() => {
    feed = createRunFeed();
  });

  it('tells a tenant of its own runs, and an admin of all, whatever the names', () => {
    const [acme, other, admin] = [listen(ACME), listen(OTHER), listen(ADMIN)];
    feed.entered(run('a', 'acme'));
    feed.refused(run('b', 'other'), 'lease_denied: capacity');
    feed.ended(run('a', 'acme', { state: 'succeeded', ended_at: 5 }));
    assert.deepEqual(acme.got, ['state a', 'end a']);
    assert.deepEqual(other.got, ['refused b']);
    assert.deepEqual(admin.got, ['state a', 'refused b', 'end a']);
  });

  it('tells nobody who is gone, and does not make an event that nobody hears', () => {
    const { got, end } = listen(ACME);
    end();
    end();
    feed.entered(run('a', 'acme'));
    const broken = run('b', 'acme');
    Object.defineProperty(broken, 'state', { get: () => assert.fail('an event was made') });
    feed.entered(broken);
    listen(OTHER);
    feed.entered(broken);
    assert.deepEqual(got, []);
  });

  it('gives a state its time: that of the start once it runs', () => {
    const at: string[] = [];
    feed.listen(ACME, { tell: ({ data }) => 'at' in data && at.push(data.at), close: () => {} });
    feed.entered(run('a', 'acme', { state: 'running', started_at: Date.parse('2026-01-02T03:04:05Z') }));
    assert.deepEqual(at, ['2026-01-02T03:04:05.000Z']);
  });

  it('never has an output, also not that of an end', () => {
    const got: unknown[] = [];
    feed.listen(ACME, { tell: (happening) => got.push(happening), close: () => {} });
    feed.ended(
      run('a', 'acme', {
        state: 'succeeded',
        started_at: 1,
        ended_at: 2,
        output_bytes: 3,
        output_sha256: 'ab',
        fuel_used: 1,
        linear_memory_peak: 1,
        duration_us: 1,
      }),
    );
    assert.match(JSON.stringify(got), /"output":null/);
  });

  it('has a bounded number of listeners for each tenant and each admin, and a place is free again', () => {
    const all = Array.from({ length: FEED_LISTENERS_MAX }, () => listen(ACME));
    assert.throws(
      () => listen(ACME),
      (error) =>
        error instanceof RefusedError && error.reason === 'too_many_streams' && /tenant acme/.test(error.message),
    );
    listen(OTHER);
    listen(ADMIN);
    all[0]?.end();
    listen(ACME);
    assert.throws(() => listen(ACME), RefusedError);
  });

  it('closes what a tenant opened when its access ends, and all when it stops, but frees no place itself', () => {
    const all = [listen(ACME), listen(OTHER), listen(ADMIN)];
    feed.revoke('acme');
    assert.deepEqual(
      all.map(({ got }) => got),
      [['closed access_ended'], [], []],
    );
    feed.stop();
    assert.deepEqual(
      all.map(({ got }) => got.at(-1)),
      ['closed stopping', 'closed stopping', 'closed stopping'],
    );
    for (const { end } of all) end();
    feed.entered(run('a', 'acme'));
    assert.equal(all[2]?.got.length, 1);
  });
});
