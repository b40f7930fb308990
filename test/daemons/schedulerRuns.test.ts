import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { GrafosError } from '../../base/grafosError.ts';
import type { RunEvent } from '../../daemons/wire/tenantApi.ts';
import { type Harness, MODULE, MODULE_SHA256, startHarness, submitOf } from './schedulerHarness.ts';

describe('scheduler: runs', () => {
  let stack: Harness;
  beforeEach(async () => {
    stack = await startHarness();
  });
  afterEach(() => stack.close());

  async function tenantWithModule(name?: string) {
    const tenant = await stack.tenant(name);
    await tenant.client.putModule(MODULE_SHA256, MODULE);
    return tenant.client;
  }

  it('runs a tasklet and keeps its artifacts', async () => {
    const client = await tenantWithModule();
    const run = await client.submit(submitOf('plain', { input: 'abc' }), { waitMs: 5_000 });
    assert.equal(run.state, 'succeeded');
    assert.equal(run.cell_id, 'cell-test-1');
    assert.deepEqual(Object.keys(run.response?.output as object), ['seed', 'start', 'input']);
    assert.equal(run.response?.fuel_used, 1234);

    const entries = await client.listArtifacts(run.run_id);
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['response.json', 'output.b64', 'input.bin', 'run.log', 'run.json'],
    );
    for (const { name, size, sha256 } of entries) {
      const bytes = await client.artifact(run.run_id, name);
      assert.equal(bytes.length, size, name);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, name);
    }
    const text = async (name: 'input.bin' | 'run.log' | 'response.json' | 'output.b64' | 'run.json') =>
      Buffer.from(await client.artifact(run.run_id, name)).toString();
    assert.equal(await text('input.bin'), 'abc');
    assert.equal(await text('run.log'), 'hello\n');
    assert.deepEqual(JSON.parse(await text('response.json')), run.response);
    assert.deepEqual(JSON.parse(Buffer.from(await text('output.b64'), 'base64').toString()), run.response?.output);
    const record = JSON.parse(await text('run.json'));
    const { seed } = (run.response?.output ?? {}) as { seed?: string };
    assert.equal(record.seed, seed);
    assert.equal(record.input_bytes, 3);
    assert.equal(record.region, 'local');
  });

  it('honours the seed and start of a replay, and makes new ones otherwise', async () => {
    const client = await tenantWithModule();
    const seed = 'ab'.repeat(32);
    const replay = await client.submit(submitOf('plain', { seed, start_unix_nanos: '77' }), { waitMs: 5_000 });
    assert.deepEqual(replay.response?.output, { seed, start: '77', input: '' });
    const first = await client.submit(submitOf('plain'), { waitMs: 5_000 });
    const second = await client.submit(submitOf('plain'), { waitMs: 5_000 });
    assert.notDeepEqual(first.response?.output, second.response?.output);
  });

  it('gives an output that is no JSON, or too deep to write again, as null beside its bytes', async () => {
    const client = await tenantWithModule();
    for (const tasklet of ['binary', 'deep']) {
      const run = await client.submit(submitOf(tasklet), { waitMs: 5_000 });
      assert.equal(run.response?.output, null);
      const b64 = Buffer.from(await client.artifact(run.run_id, 'output.b64')).toString();
      assert.equal(Buffer.from(b64, 'base64').length, run.response?.output_bytes);
    }
  });

  it('answers 202 without Prefer, and the run can be followed to its end', async () => {
    const client = await tenantWithModule();
    const run = await client.submit(submitOf('hold'));
    assert.notEqual(run.state, 'succeeded');
    assert.equal(run.response, null);
    const seen: RunEvent[] = [];
    for await (const event of client.events(run.run_id)) {
      seen.push(event);
      if (event.event === 'log') stack.cell.release(run.run_id);
    }
    assert.deepEqual(
      seen.flatMap(({ event, data }) => (event === 'listening' ? [] : event === 'state' ? data.state : event)),
      ['admitted', 'placed', 'running', 'log', 'succeeded', 'end'],
    );
    assert.equal(seen.filter(({ event }) => event === 'listening').length, 1);
    const last = seen.at(-1);
    assert.ok(last?.event === 'end');
    assert.equal(last.data.state, 'succeeded');
    assert.deepEqual(last.data, await client.getRun(run.run_id));

    const replayed: RunEvent[] = [];
    for await (const event of client.events(run.run_id)) replayed.push(event);
    assert.deepEqual(
      replayed.map((event) => (event.event === 'state' ? event.data.state : event.event)),
      ['admitted', 'placed', 'running', 'log', 'succeeded', 'end'],
    );
  });

  it('tells of the log what only came with the outcome, before the end', async () => {
    const client = await tenantWithModule();
    const run = await client.submit(submitOf('told-late'));
    const seen: string[] = [];
    for await (const event of client.events(run.run_id)) {
      if (event.event === 'listening') continue;
      seen.push(event.event === 'state' ? event.data.state : event.event === 'log' ? event.data.text : event.event);
      if (event.event === 'state' && event.data.state === 'running') stack.cell.release(run.run_id);
    }
    assert.deepEqual(seen, ['admitted', 'placed', 'running', 'hello\n', 'succeeded', 'end']);
  });

  it('frees an event stream whose reader left', async () => {
    const client = await tenantWithModule();
    const run = await client.submit(submitOf('hold'));
    for await (const event of client.events(run.run_id)) if (event.event === 'state') break;
    await stack.cell.arrived(1);
    stack.cell.release(run.run_id);
    for await (const event of client.events(run.run_id)) if (event.event === 'end') return;
    assert.fail('no end');
  });

  it('cancels a run', async () => {
    const client = await tenantWithModule();
    const run = await client.submit(submitOf('hold'));
    await stack.cell.arrived(1);
    const cancelled = await client.cancel(run.run_id, { waitMs: 5_000 });
    assert.equal(cancelled.state, 'cancelled');
    assert.equal(cancelled.response?.error?.code, 'cancelled');
    assert.equal((await client.cancel(run.run_id)).state, 'cancelled');
  });

  describe('that wait for their turn', () => {
    /** More runs of two modules that nobody ran yet than begin at once. */
    async function queue() {
      const client = await tenantWithModule();
      const other = Buffer.from('another module');
      const otherSha256 = createHash('sha256').update(other).digest('hex');
      await client.putModule(otherSha256, other);
      const submit = (index: number) =>
        client.submit(submitOf('hold', { module_sha256: index % 2 === 0 ? MODULE_SHA256 : otherSha256 }), {
          idempotencyKey: `key ${index}`,
        });
      const runs = await Promise.all(Array.from({ length: 30 }, (_, index) => submit(index)));
      const hasBegun = (runId: string) => stack.cell.submits.some(({ run_id }) => run_id === runId);
      return { client, submit, runs, hasBegun };
    }

    it('are told of, listed, and the same run for the same key', async () => {
      const { client, submit, runs } = await queue();
      assert.ok(stack.cell.submits.length < runs.length, 'all began at once');
      assert.equal((await submit(29)).run_id, runs[29]?.run_id);
      assert.equal((await client.getRun(runs[29]?.run_id ?? '')).state, 'placed');
      assert.equal((await client.listRuns({ limit: 100 })).length, 30);
    });

    it('begin when those before them take long', async () => {
      const { client, runs } = await queue();
      await stack.cell.arrived(30);
      for (const { run_id } of runs) stack.cell.release(run_id);
      for (const { run_id } of runs) {
        for await (const event of client.events(run_id)) if (event.event === 'end') break;
        assert.equal((await client.getRun(run_id)).state, 'succeeded');
      }
    });

    it('are cancelled without the cell', async () => {
      const { client, runs, hasBegun } = await queue();
      const waiting = runs.findLast(({ run_id }) => !hasBegun(run_id))?.run_id ?? assert.fail('none waits');
      const cancelled = await client.cancel(waiting, { waitMs: 5_000 });
      assert.equal(cancelled.state, 'cancelled');
      assert.equal(cancelled.response?.error?.code, 'cancelled');
      await stack.cell.arrived(29);
      assert.ok(!hasBegun(waiting));
    });

    it('end as worker_lost when the scheduler stops', async () => {
      const { runs, hasBegun } = await queue();
      const waiting = runs.findLast(({ run_id }) => !hasBegun(run_id))?.run_id ?? assert.fail('none waits');
      await stack.restart();
      assert.equal((await stack.admin.getRun(waiting)).response?.error?.code, 'worker_lost');
      assert.ok(!hasBegun(waiting));
    });
  });

  it('lists the newest first, without outputs, a page at a time, and only the own', async () => {
    const client = await tenantWithModule();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1)
      ids.unshift((await client.submit(submitOf('plain'), { waitMs: 5_000 })).run_id);
    const page = await client.listRuns({ limit: 2 });
    assert.deepEqual(
      page.map(({ run_id }) => run_id),
      ids.slice(0, 2),
    );
    assert.equal(page[0]?.response?.output, null);
    assert.equal(page[0]?.response?.fuel_used, 1234);
    const rest = await client.listRuns({ before: page.at(-1)?.run_id ?? '' });
    assert.deepEqual(
      rest.map(({ run_id }) => run_id),
      ids.slice(2),
    );
    const other = await tenantWithModule('other');
    assert.deepEqual(await other.listRuns(), []);
    const own = await other.submit(submitOf('plain'), { waitMs: 5_000 });
    const refusal = async (before: string) =>
      await other.listRuns({ before }).then(
        () => assert.fail('a page of runs'),
        (error: GrafosError) => [error.code, error.message.replace(before, 'ID')],
      );
    const unknown = ids[0]?.replaceAll(/./g, '0') ?? '';
    assert.deepEqual(await refusal(ids[0] ?? ''), await refusal(unknown));
    assert.deepEqual(await refusal(ids.at(-1) ?? ''), await refusal(unknown));
    assert.deepEqual(await other.listRuns({ before: own.run_id }), []);
    assert.equal((await stack.admin.listRuns({ before: own.run_id })).length, 5);
    assert.equal((await stack.admin.listRuns()).length, 6);
  });

  it('puts a module to the cell once, and again when the cell forgot it', async () => {
    const client = await tenantWithModule();
    await Promise.all([1, 2, 3].map(() => client.submit(submitOf('plain'), { waitMs: 5_000 })));
    assert.equal(stack.cell.puts, 1);
    stack.cell.forgetModules();
    assert.equal((await client.submit(submitOf('plain'), { waitMs: 5_000 })).state, 'succeeded');
    assert.equal(stack.cell.puts, 2);
  });

  it('gives a capability for a held lease only', async () => {
    const client = await tenantWithModule();
    const run = await client.submit(submitOf('plain', { mem_bytes: 4096, hold_ms: 60_000 }), { waitMs: 5_000 });
    assert.notEqual(run.lease_id, null);
    const capability = await client.capability(run, { rights: ['read'] });
    assert.equal(capability.lease_id, run.lease_id);
    assert.equal(capability.bytes, 4096);
    const bare = await client.submit(submitOf('plain'), { waitMs: 5_000 });
    await assert.rejects(client.capability(bare, { rights: ['read'] }), { code: 'lease_ended' });
  });

  describe('idempotency', () => {
    it('gives the same run for the same key and body: in turn, at once, and after a restart', async () => {
      let client = await tenantWithModule();
      const idempotencyKey = 'key-1';
      const options = { idempotencyKey, waitMs: 5_000 };
      const runs = await Promise.all([1, 2, 3, 4].map(() => client.submit(submitOf('plain'), options)));
      assert.equal(new Set(runs.map(({ run_id }) => run_id)).size, 1);
      assert.equal(stack.cell.submits.length, 1);
      const files = stack.issue('tenant', 'dev-tenant');
      await stack.restart();
      await stack.admin.createTenant('dev-tenant', files.certPem, { rotate: true });
      client = await stack.client(files);
      assert.deepEqual(await client.submit(submitOf('plain'), options), runs[0]);
      assert.equal(stack.cell.submits.length, 1);
    });

    it('refuses another body under a used key', async () => {
      const client = await tenantWithModule();
      await client.submit(submitOf('plain', { input: 'a' }), { idempotencyKey: 'k', waitMs: 5_000 });
      for (const other of [submitOf('plain', { input: 'b' }), submitOf('plain', { input: 'a', fuel: 1 })]) {
        await assert.rejects(client.submit(other, { idempotencyKey: 'k' }), {
          code: 'idempotency_key_reused',
          kind: 'refused',
        });
      }
    });

    it('keeps the keys of tenants apart', async () => {
      const [one, two] = [await tenantWithModule('one'), await tenantWithModule('two')];
      const first = await one.submit(submitOf('plain', { input: 'a' }), { idempotencyKey: 'k', waitMs: 5_000 });
      const second = await two.submit(submitOf('plain', { input: 'b' }), { idempotencyKey: 'k', waitMs: 5_000 });
      assert.notEqual(first.run_id, second.run_id);
    });
  });

  describe('bad luck', () => {
    it('asks the cell again after the connection broke, and the run happens once', async () => {
      const client = await tenantWithModule();
      const pending = client.submit(submitOf('hold'), { waitMs: 10_000 });
      await stack.cell.arrived(1);
      stack.cell.drop();
      await stack.cell.arrived(2);
      const [first, again] = stack.cell.submits;
      assert.equal(first?.run_id, again?.run_id);
      stack.cell.release(again?.run_id ?? '');
      assert.equal((await pending).state, 'succeeded');
    });

    it('ends a run as worker_lost when the cell was restarted, and runs it again by its key', async () => {
      const client = await tenantWithModule();
      const options = { idempotencyKey: 'k', waitMs: 10_000 };
      const pending = client.submit(submitOf('hold'), options);
      await stack.cell.arrived(1);
      stack.cell.drop(true);
      const lost = await pending;
      assert.equal(lost.state, 'failed');
      assert.equal(lost.response?.error?.code, 'worker_lost');

      const retried = client.submit(submitOf('hold'), options);
      await stack.cell.arrived(2);
      stack.cell.release(lost.run_id);
      const ended = await retried;
      assert.equal(ended.run_id, lost.run_id);
      assert.equal(ended.state, 'succeeded');
      assert.equal(stack.cell.submits[0]?.seed, stack.cell.submits.at(-1)?.seed);
      assert.deepEqual(await client.getRun(lost.run_id), ended);
    });

    it('ends what is under way as worker_lost when it stops, answers who waits, and keeps it', async () => {
      const { client, files } = await stack.tenant();
      await client.putModule(MODULE_SHA256, MODULE);
      const pending = client.submit(submitOf('hold'));
      const run = await pending;
      await stack.cell.arrived(1);
      const events: string[] = [];
      const followed = (async () => {
        for await (const event of client.events(run.run_id)) {
          events.push(event.event === 'state' ? event.data.state : event.event);
          if (event.event === 'log') events.push('restart');
        }
      })().catch((error: GrafosError) => events.push(error.code));
      while (!events.includes('restart')) await new Promise((resolve) => setImmediate(resolve));
      await stack.restart();
      await followed;
      const after = await stack.client(files);
      const kept = await after.getRun(run.run_id);
      assert.equal(kept.response?.error?.code, 'worker_lost');
    });

    it('refuses with runtime_not_ready while the cell is away, and recovers by itself', async () => {
      const client = await tenantWithModule();
      stack.cell.isDown = true;
      stack.cell.drop();
      await assert.rejects(client.submit(submitOf('plain')), { code: 'runtime_not_ready', kind: 'unreachable' });
      assert.equal((await client.health()).status, 'degraded');
      stack.cell.isDown = false;
      const deadline = Date.now() + 10_000;
      while ((await client.health()).status !== 'ok') assert.ok(Date.now() < deadline, 'did not recover');
      assert.equal((await client.submit(submitOf('plain'), { waitMs: 5_000 })).state, 'succeeded');
      const [refused] = (await client.placements()).value.filter(({ decision }) => decision === 'refused');
      assert.equal(refused?.reason, 'runtime_not_ready');
    });

    it('takes back a run that nobody was told of and the cell had no room for', async () => {
      const client = await tenantWithModule();
      await assert.rejects(client.submit(submitOf('no-room', { mem_bytes: 1 }), { waitMs: 5_000 }), {
        code: 'lease_denied: capacity',
      });
      assert.deepEqual(await client.listRuns(), []);
      assert.equal((await client.placements()).value[0]?.reason, 'lease_denied: capacity');
    });
  });

  describe('quota and placement', () => {
    it('refuses past the hard limit, past the burst, past the memory of the tenant and of the cell, each with its reason', async () => {
      const client = await tenantWithModule();
      const quota = { runs_soft: 1, runs_hard: 3, burst_per_minute: 1, mem_bytes: 64 * 1024 };
      assert.deepEqual(await stack.admin.setQuota('dev-tenant', quota), quota);
      const one = await client.submit(submitOf('hold', { mem_bytes: 60 * 1024 }));
      await assert.rejects(client.submit(submitOf('plain', { mem_bytes: 8 * 1024 })), { code: 'lease_denied: quota' });
      const two = await client.submit(submitOf('hold'));
      await assert.rejects(client.submit(submitOf('plain')), { code: 'quota_burst_exceeded' });
      await stack.admin.setQuota('dev-tenant', { ...quota, runs_hard: 2, mem_bytes: 10 ** 9 });
      await assert.rejects(client.submit(submitOf('plain')), { code: 'quota_hard_limit_exceeded' });
      await stack.admin.setQuota('dev-tenant', { ...quota, runs_soft: 9, runs_hard: 9, mem_bytes: 10 ** 9 });
      await assert.rejects(client.submit(submitOf('plain', { mem_bytes: 100 * 1024 })), {
        code: 'lease_denied: capacity',
      });

      const admissions = (await client.admissions()).value.map(({ reason }) => reason);
      assert.deepEqual(admissions, [
        'ok',
        'quota_hard_limit_exceeded',
        'quota_burst_exceeded',
        'ok',
        'lease_denied: quota',
        'ok',
      ]);
      assert.equal((await client.placements({ limit: 1 })).value[0]?.reason, 'lease_denied: capacity');
      await assert.rejects(stack.admin.deleteTenant('dev-tenant'), { code: 'leases_active' });
      await stack.cell.arrived(2);
      for (const run of [one, two]) stack.cell.release(run.run_id);
      for (const run of [one, two]) for await (const event of client.events(run.run_id)) void event;
      await stack.admin.deleteTenant('dev-tenant');
      await assert.rejects(client.listRuns(), { code: 'tenant_unknown' });
    });

    it('does nothing on standby until it is promoted, and is then active after a restart too', async () => {
      await stack.close();
      stack = await startHarness({ promote: false });
      const { client } = await stack.tenant();
      assert.equal((await client.health()).role, 'standby');
      await assert.rejects(client.submit(submitOf('plain')), { code: 'scheduler_standby' });
      await assert.rejects(client.putModule(MODULE_SHA256, MODULE), { code: 'scheduler_standby' });
      assert.equal((await stack.admin.promote()).role, 'active');
      await stack.restart();
      assert.equal((await stack.admin.health()).role, 'active');
    });
  });
});
