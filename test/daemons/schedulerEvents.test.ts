/**
 * The stream of all runs of a tenant, over real TLS; its bounds also on the stream alone, with
 * smaller numbers.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { allRunEvents, STREAM_BOUNDS } from '../../daemons/scheduler/http/allRunEvents.ts';
import { createRunFeed, FEED_LISTENERS_MAX, type RunFeed } from '../../daemons/scheduler/runs/runFeed.ts';
import type { StoredRun } from '../../daemons/scheduler/store/runTable.ts';
import { connectScheduler, type SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunsEvent } from '../../daemons/wire/tenantApi.ts';
import { CELL_ID, type Harness, MODULE, MODULE_SHA256, startHarness, submitOf } from './schedulerHarness.ts';

type Events = AsyncGenerator<RunsEvent, void, undefined>;

describe('scheduler: events of all runs', () => {
  let stack: Harness;
  beforeEach(async () => {
    stack = await startHarness();
  });
  afterEach(() => stack.close());

  async function tenantWithModule(name?: string) {
    const tenant = await stack.tenant(name);
    await tenant.client.putModule(MODULE_SHA256, MODULE);
    return tenant;
  }

  /** Opens a stream: events from here on are reported. */
  async function listenTo(client: SchedulerClient, signal?: AbortSignal): Promise<Events> {
    const events = client.allEvents({ signal });
    assert.deepEqual((await events.next()).value, { event: 'listening', data: {} });
    return events;
  }

  async function next(events: Events): Promise<RunsEvent> {
    const { value } = await events.next();
    assert.ok(value !== undefined, 'the stream ended');
    return value;
  }

  /** Events up to the `end` of `count` runs. */
  async function untilEnds(events: Events, count: number): Promise<RunsEvent[]> {
    const seen: RunsEvent[] = [];
    for (let ends = 0; ends < count; ) {
      const event = await next(events);
      seen.push(event);
      if (event.event === 'end') ends += 1;
    }
    return seen;
  }

  const label = (event: RunsEvent): string => (event.event === 'state' ? event.data.state : event.event);

  it('tells of a run that somebody else started: placed, running, ended, without its output', async () => {
    const { client, files } = await tenantWithModule();
    const events = await listenTo(await stack.client(files));
    const run = await client.submit(submitOf('plain', { input: 'abc' }), { waitMs: 5_000 });
    assert.notEqual(run.response?.output, null);
    const seen = await untilEnds(events, 1);
    assert.deepEqual(seen.map(label), ['placed', 'running', 'end']);
    for (const { event, data } of seen) {
      if (event !== 'state') continue;
      assert.equal(data.run_id, run.run_id);
      assert.equal(data.run.state, data.state);
      assert.equal(data.run.tasklet, 'plain');
      assert.equal(data.run.response, null);
    }
    const response = run.response === null ? null : { ...run.response, output: null };
    assert.deepEqual(seen.at(-1)?.data, { ...run, response });
    const [record] = await stack.audit({ action: 'allRunEvents' });
    assert.equal(record?.decision, 'allowed');
  });

  it('gives, with the list taken once it listens, every run of a crowd', async () => {
    const { client, files } = await tenantWithModule();
    const submitted = Promise.all(
      Array.from({ length: 40 }, () => client.submit(submitOf('plain'), { waitMs: 10_000 })),
    );
    const listener = await stack.client(files);
    const events = await listenTo(listener);
    const ended = new Set(
      (await listener.listRuns({ limit: 100 })).flatMap((run) => (run.ended_at === null ? [] : [run.run_id])),
    );
    while (ended.size < 40) {
      const event = await next(events);
      if (event.event === 'end') ended.add(event.data.run_id);
    }
    assert.deepEqual([...ended].sort(), (await submitted).map(({ run_id }) => run_id).sort());
  });

  it("never tells a tenant of another's runs, and an admin of everybody's", async () => {
    const one = await tenantWithModule('one');
    const two = await tenantWithModule('two');
    const [ofOne, ofTwo, ofAll] = await Promise.all(
      [one.client, two.client, stack.admin].map((each) => listenTo(each)),
    );
    assert.ok(ofOne && ofTwo && ofAll);
    for (const { client } of [one, two, one, two]) await client.submit(submitOf('plain'), { waitMs: 5_000 });
    // Refused runs, too, are reported to their own tenant only.
    await assert.rejects(one.client.submit(submitOf('no-room', { mem_bytes: 1 }), { waitMs: 5_000 }));
    const tenants = (events: RunsEvent[]) =>
      events.map(({ event, data }) => (event === 'state' ? data.run.tenant : event === 'end' ? data.tenant : event));
    assert.deepEqual(new Set(tenants(await untilEnds(ofOne, 2))), new Set(['one']));
    assert.deepEqual([label(await next(ofOne)), label(await next(ofOne))], ['placed', 'refused']);
    assert.deepEqual(new Set(tenants(await untilEnds(ofTwo, 2))), new Set(['two']));
    assert.deepEqual(new Set(tenants(await untilEnds(ofAll, 4))), new Set(['one', 'two']));
    const last = await two.client.submit(submitOf('plain'), { waitMs: 5_000 });
    const after = await next(ofTwo);
    assert.ok(after.event === 'state' && after.data.run_id === last.run_id, 'nothing of the other came between');
  });

  it('takes back a run that the cell would not have', async () => {
    const { client } = await tenantWithModule();
    const events = await listenTo(client);
    await assert.rejects(client.submit(submitOf('no-room', { mem_bytes: 1 }), { waitMs: 5_000 }));
    const placed = await next(events);
    const refused = await next(events);
    assert.ok(placed.event === 'state' && refused.event === 'refused');
    assert.deepEqual(refused.data, { run_id: placed.data.run_id, reason: 'lease_denied: capacity' });
    assert.deepEqual(await client.listRuns(), []);
  });

  it('tells of a lost run, and of its being run again', async () => {
    const { client } = await tenantWithModule();
    const events = await listenTo(client);
    const options = { idempotencyKey: 'k', waitMs: 10_000 };
    const pending = client.submit(submitOf('hold'), options);
    await stack.cell.arrived(1);
    stack.cell.drop(true);
    const lost = await pending;
    assert.deepEqual((await untilEnds(events, 1)).map(label), ['placed', 'running', 'end']);
    const retried = client.submit(submitOf('hold'), options);
    await stack.cell.arrived(2);
    stack.cell.release(lost.run_id);
    await retried;
    const again = await untilEnds(events, 1);
    assert.deepEqual(again.map(label), ['placed', 'running', 'end']);
    assert.ok(again.every(({ event, data }) => event === 'end' || (event === 'state' && data.run_id === lost.run_id)));
  });

  it('has a limit for each tenant, and a place is free again when its client leaves', async () => {
    const { client } = await tenantWithModule();
    const open = await Promise.all(Array.from({ length: FEED_LISTENERS_MAX }, () => listenTo(client)));
    await assert.rejects(listenTo(client), { kind: 'refused', code: 'too_many_streams' });
    await listenTo((await tenantWithModule('other')).client);
    await listenTo(stack.admin);
    await open[3]?.return();
    for (const late = AbortSignal.timeout(10_000); ; late.throwIfAborted()) {
      const isOpen = await listenTo(client).then(
        () => true,
        (error: { code: string }) => {
          assert.equal(error.code, 'too_many_streams');
          return false;
        },
      );
      if (isOpen) break;
    }
    await assert.rejects(listenTo(client), { code: 'too_many_streams' });
    const run = await client.submit(submitOf('plain'), { waitMs: 5_000 });
    assert.equal(run.state, 'succeeded');
  });

  it('drops a client that does not read, tells it why, and goes on for the others', async () => {
    const { client, files } = await tenantWithModule();
    const slow = await listenTo(await stack.client(files));
    const quick = await listenTo(await stack.client(files));
    // Each end has half a megabyte; between server and client sockets hold a few.
    const runs = 60;
    for (let at = 0; at < runs; at += 1) {
      await client.submit(submitOf('wordy'), { waitMs: 5_000 });
      await untilEnds(quick, 1);
    }
    const seen: RunsEvent[] = [];
    for await (const event of slow) seen.push(event);
    assert.deepEqual(seen.at(-1), { event: 'closed', data: { reason: 'too_slow' } });
    assert.ok(seen.filter(({ event }) => event === 'end').length < runs);
  });

  it('ends with a word when the tenant gets another key or is deleted', async () => {
    const { client } = await tenantWithModule();
    const first = await listenTo(client);
    const elsewhere = await listenTo((await tenantWithModule('other')).client);
    const renewed = await stack.tenant();
    assert.deepEqual(await next(first), { event: 'closed', data: { reason: 'access_ended' } });
    assert.equal((await first.next()).done, true);
    const second = await listenTo(renewed.client);
    await stack.admin.deleteTenant('dev-tenant');
    assert.deepEqual(await next(second), { event: 'closed', data: { reason: 'access_ended' } });
    await stack.admin.deleteTenant('other');
    assert.equal(label(await next(elsewhere)), 'closed');
  });

  it('is closed when the scheduler stops, after the ends of what was under way', async () => {
    const { client, files } = await tenantWithModule();
    const own = await connectScheduler({ url: stack.url, cellId: CELL_ID, ...files });
    try {
      const events = await listenTo(own);
      await client.submit(submitOf('hold'));
      await stack.cell.arrived(1);
      const rest: RunsEvent[] = [];
      const read = (async () => {
        for await (const event of events) rest.push(event);
      })();
      await stack.restart();
      await read;
      assert.deepEqual(rest.map(label), ['placed', 'running', 'end', 'closed']);
      assert.deepEqual(rest.at(-1)?.data, { reason: 'stopping' });
    } finally {
      own.close();
    }
  });

  it('is interrupted by its signal', async () => {
    const { client } = await tenantWithModule();
    const abort = new AbortController();
    const events = await listenTo(client, abort.signal);
    abort.abort();
    await assert.rejects(events.next(), { kind: 'interrupted' });
  });
});

describe('scheduler: a stream of all runs, alone', () => {
  const actor = { role: 'tenant', name: 'one' } as const;
  const run = (tenant: string): StoredRun =>
    ({
      run_id: 'r',
      tenant,
      state: 'placed',
      created_at: 0,
      started_at: null,
      ended_at: null,
      lease_id: null,
    }) as StoredRun;

  /** Number of free places of the tenant. */
  const free = (feed: RunFeed): number => {
    const taken: Array<() => void> = [];
    try {
      for (;;) taken.push(feed.listen(actor, { tell: () => {}, close: () => {} }));
    } catch {
      return taken.length;
    } finally {
      for (const leave of taken) leave();
    }
  };

  it('costs nothing while nobody listens who may hear it', () => {
    const feed = createRunFeed();
    let looks = 0;
    const watched = new Proxy(run('one'), {
      get: (target, key) => {
        looks += 1;
        return Reflect.get(target, key);
      },
    });
    feed.entered(watched);
    feed.ended(watched);
    feed.refused(watched, 'internal_error');
    assert.equal(looks, 0);
    const leave = feed.listen({ role: 'tenant', name: 'two' }, { tell: () => assert.fail('told'), close: () => {} });
    feed.entered(watched);
    assert.equal(looks, 1);
    leave();
  });

  it('shows that it lives, and is renewed when it is old', async () => {
    const feed = createRunFeed();
    const stream = allRunEvents(feed, actor, { ...STREAM_BOUNDS, pingMs: 1, lifeMs: 20 });
    assert.equal(free(feed), FEED_LISTENERS_MAX - 1);
    let text = '';
    for await (const chunk of stream) text += chunk;
    assert.match(text, /^event: listening\ndata: \{\}\n\n(: ping\n\n)+event: closed\ndata: \{"reason":"renew"\}\n\n$/);
    assert.equal(free(feed), FEED_LISTENERS_MAX);
  });

  it('holds no more than its bound for a client that never reads, and cuts it off', async () => {
    const feed = createRunFeed();
    const stream = allRunEvents(feed, actor, { ...STREAM_BOUNDS, unread: 4_096, graceMs: 1 });
    const closed = once(stream, 'close');
    for (let at = 0; at < 1_000; at += 1) feed.entered(run('one'));
    assert.ok(stream.readableLength > 4_096 && stream.readableLength < 6_000, String(stream.readableLength));
    await closed;
    assert.equal(free(feed), FEED_LISTENERS_MAX);
    feed.entered(run('one'));
    feed.stop();
  });
});
