import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import type { FabricClient } from '../../daemons/fabric/fabricClient.ts';
import { fabricCell, type TestCell } from '../helpers/fabricCell.ts';
import { fabricTasklet, putModule, run, submission } from '../helpers/fabricTasklets.ts';

const refused = (code: string) => (error: unknown) => {
  assert.ok(error instanceof GrafosError, String(error));
  assert.equal(error.code, code);
  return true;
};

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const MIB = 1024 * 1024;

for (const transport of ['quic', 'tcp'] as const) {
  describe(`runs over ${transport}`, () => {
    let cell: TestCell;
    let client: FabricClient;

    before(async () => {
      cell = await fabricCell({ transport });
      client = await cell.connect();
    });

    after(() => cell[Symbol.asyncDispose]());

    it('asks for the module once, and refuses one whose hash is not its own', async () => {
      const module = fabricTasklet('echo', 2);
      await assert.rejects(run(client, module, Buffer.from('x')), refused('module_unknown'));
      const wrong = { module_sha256: 'a'.repeat(64), bytes: client.bytesOut(module.bytes) };
      await assert.rejects(client.request('module.put', wrong), refused('module_hash_mismatch'));
      await putModule(client, module);
      const outcome = await run(client, module, Buffer.from('hello'));
      assert.deepEqual([outcome.state, text(outcome.bytes), outcome.lease], ['succeeded', 'hello', null]);
      assert.ok(outcome.fuel_used > 0 && outcome.duration_us > 0);
    });

    it('carries 16 MiB in and out', async () => {
      const module = fabricTasklet('echo', 257);
      await putModule(client, module);
      const input = Buffer.alloc(16 * MIB);
      for (let at = 0; at < input.length; at += 4) input.writeUInt32LE(at ^ 0x5a5a_5a5a, at);
      const outcome = await run(client, module, input);
      assert.equal(outcome.state, 'succeeded', JSON.stringify(outcome.error));
      assert.equal(
        createHash('sha256').update(outcome.bytes).digest('hex'),
        createHash('sha256').update(input).digest('hex'),
      );
      await assert.rejects(run(client, module, Buffer.alloc(16 * MIB + 1)), refused('input_too_large'));
      await client.request('identity', {});
    });

    it('gives the init context of the contract', async () => {
      const module = fabricTasklet('context');
      await putModule(client, module);
      const fields = { run_id: `context-${transport}`, mem_bytes: 4096, fuel: 1_000_000 };
      const outcome = await run(client, module, Buffer.alloc(0), fields);
      assert.deepEqual(JSON.parse(text(outcome.bytes)), {
        program: 'program',
        tasklet: 'tasklet',
        version: '0.1.0',
        tenant: 'dev-tenant',
        run_id: fields.run_id,
        provider: 'local',
        region: 'test',
        cell_id: 'cell-1',
        mem_bytes: 4096,
        fuel: 1_000_000,
        linear_memory_bytes: 32 * MIB,
      });
      assert.deepEqual(await client.request('lease.list', {}), { leases: [] }, 'the lease ended with the run');
    });

    it('refuses more fabric memory than there is, and runs nothing', async () => {
      const module = fabricTasklet('remember');
      await putModule(client, module);
      const fields = { run_id: `greedy-${transport}`, mem_bytes: 131_073 };
      await assert.rejects(run(client, module, Buffer.from('x'), fields), refused('mem_capacity_exceeded'));
      const outcome = await run(client, module, Buffer.from('x'), { ...fields, mem_bytes: 131_072 });
      assert.equal(outcome.state, 'succeeded', 'the run id was not used up');
    });

    it('holds the lease after the end when asked to, and says which', async () => {
      const module = fabricTasklet('remember');
      await putModule(client, module);
      const outcome = await run(client, module, Buffer.from('kept'), { mem_bytes: 64, hold_ms: 60_000 });
      assert.equal(outcome.lease?.bytes, 64);
      assert.equal(outcome.lease?.run_id, outcome.run_id);
      const left = Date.parse(outcome.lease?.expires_at ?? '') - Date.now();
      assert.ok(left > 50_000 && left <= 61_000, `${left} ms`);
      assert.deepEqual(await client.request('lease.list', {}), { leases: [outcome.lease] });
      await client.request('lease.free', { lease_id: outcome.lease?.lease_id ?? '' });
    });

    it('cancels by method and by the request itself; the outcome says so', async () => {
      const module = fabricTasklet('endless');
      await putModule(client, module);
      const request = submission(client, module, Buffer.alloc(0));
      const running = new Promise<void>((resolve) => {
        client.onNotification('run.state', ({ run_id, state }) => {
          if (run_id === request.run_id && state === 'running') resolve();
        });
      });
      const first = client.request('tasklet.submit', request);
      await running;
      assert.equal((await client.request('inventory', {})).runs_active, 1);
      assert.deepEqual(await client.request('tasklet.cancel', { run_id: request.run_id }), { found: true });
      assert.equal((await first).state, 'cancelled');
      assert.deepEqual(await client.request('tasklet.cancel', { run_id: request.run_id }), { found: false });

      const abort = new AbortController();
      const second = submission(client, module, Buffer.alloc(0));
      client.onNotification('run.state', ({ run_id }) => {
        if (run_id === second.run_id) abort.abort();
      });
      const outcome = await client.request('tasklet.submit', second, { signal: abort.signal });
      assert.equal(outcome.state, 'cancelled');
      assert.equal(outcome.error?.code, 'cancelled');
    });

    it('executes a run id once: a scheduler that comes back gets the same outcome', async () => {
      const module = fabricTasklet('holdOn');
      const away = await cell.connect();
      await putModule(away, module);
      const request = submission(away, module, Buffer.alloc(0), { mem_bytes: 64 });
      const running = new Promise<void>((resolve) => {
        away.onNotification('run.state', () => resolve());
      });
      const lost = away.request('tasklet.submit', request);
      await running;
      away.close();
      await assert.rejects(lost, refused('fabric_connection_lost'));

      const back = await cell.connect();
      const again = back.request('tasklet.submit', { ...request, input: back.bytesOut(Buffer.alloc(0)) });
      const { leases } = await back.request('lease.list', {});
      assert.deepEqual(
        leases.map((lease) => lease.run_id),
        [request.run_id],
        'the run went on, and only once',
      );
      await back.request('lease.free', { lease_id: leases[0]?.lease_id ?? '' });
      const outcome = await again;
      assert.equal(outcome.error?.exit_code, -6, 'the run learnt that its lease was revoked');
      const third = await back.request('tasklet.submit', { ...request, input: back.bytesOut(Buffer.alloc(0)) });
      assert.deepEqual(third, outcome);
      await assert.rejects(
        back.request('tasklet.submit', { ...request, fuel: 1, input: back.bytesOut(Buffer.alloc(0)) }),
        refused('run_id_in_use'),
      );
    });

    it('carries 32 runs at a time, each with its own answer', async () => {
      const module = fabricTasklet('echo');
      await putModule(client, module);
      const outcomes = await Promise.all(
        Array.from({ length: 64 }, (_, n) => run(client, module, Buffer.from(`run ${n}`))),
      );
      assert.deepEqual(
        outcomes.map(({ bytes }) => text(bytes)),
        outcomes.map((_, n) => `run ${n}`),
      );
    });
  });
}
