import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect as tlsConnect } from 'node:tls';
import { GrafosError } from '../../base/grafosError.ts';
import { parseHostPort } from '../../base/hostPort.ts';
import type { ControlLink } from '../../daemons/fabric/controlLink.ts';
import { dialControlQuic } from '../../daemons/fabric/controlQuic.ts';
import { dialControlTcp } from '../../daemons/fabric/controlTcp.ts';
import { connectFabric, type FabricClient } from '../../daemons/fabric/fabricClient.ts';
import { LONG_MS, SHORT_MS } from '../../daemons/fabricbiosd/pool/policy.ts';
import { openCellSession } from '../../daemons/scheduler/fabric/openCellSession.ts';
import { FABRIC_ALPN, type FabricMethods } from '../../daemons/wire/fabricControl.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { fabricCell, pemsOf, type TestCell } from '../helpers/fabricCell.ts';
import { tasklet } from './runtimeHarness.ts';

function failed(kind: string, code: string) {
  return (error: unknown) => {
    assert.ok(error instanceof GrafosError, String(error));
    assert.equal(error.kind, kind);
    assert.equal(error.code, code);
    return true;
  };
}

for (const transport of ['quic', 'tcp'] as const) {
  describe(`fabric control over ${transport}`, () => {
    let cell: TestCell;
    let client: FabricClient;

    before(async () => {
      cell = await fabricCell({ transport });
      client = await cell.connect();
    });

    after(() => cell[Symbol.asyncDispose]());

    /** A link below the protocol, to send messages that our client never sends. */
    const rawLink = (): Promise<ControlLink> => {
      const where = parseHostPort(cell.facts.control) ?? assert.fail('no address');
      const options = { ...where, trust: pemsOf(cell.trust, cell.trust.scheduler), timeoutMs: 5_000 };
      return transport === 'quic' ? dialControlQuic(options) : dialControlTcp(options);
    };

    it('tells who the cell is and what it has', async () => {
      const identity = await client.request('identity', {});
      assert.deepEqual(identity, client.identity);
      assert.equal(identity.cell_id, 'cell-1');
      assert.equal(identity.transport, transport);
      assert.equal(identity.mem_dataplane, cell.facts.mem_dataplane);
      assert.equal(identity.mem_dataplane_sha256, cell.facts.mem_dataplane_sha256);
      assert.match(identity.version, /^\d+\.\d+\.\d+/);
      const { workers, ...inventory } = await client.request('inventory', {});
      assert.deepEqual(inventory, { mem_capacity: 131_072, mem_leased: 0, leases: 0, runs_active: 0 });
      assert.ok(workers >= 1);
    });

    it('states its workers, which the tenant API does not show', async () => {
      const { workers_max, short_ms, long_ms } = client.identity;
      assert.deepEqual({ workers_max, short_ms, long_ms }, { workers_max: 2, short_ms: SHORT_MS, long_ms: LONG_MS });
      const target = { address: cell.facts.control, transport, ...pemsOf(cell.trust, cell.trust.scheduler) };
      const session = await openCellSession(target, { running() {}, log() {} });
      assert.deepEqual(session.workers, { workers_max, short_ms, long_ms });
      for (const field of Object.keys(session.workers)) assert.ok(!(field in session.identity), field);
      session.close();
    });

    it('says with each outcome whether the next run of the module is expected to be short', async () => {
      const spin = '(if (local.get $input_len) (then (loop $on (br $on)))) (i32.const 0)';
      const bytes = tasklet({ run: spin });
      const module_sha256 = createHash('sha256').update(bytes).digest('hex');
      await client.request('module.put', { module_sha256, bytes: client.bytesOut(bytes) });
      const job = {
        tenant: 'a',
        program: 'p',
        tasklet: 't',
        version: '0.1.0',
        module_sha256,
        mem_bytes: 0,
        hold_ms: 0,
      };
      const limits = { fuel: 2 ** 40, linear_memory_bytes: 65_536, seed: 'ab'.repeat(32), start_unix_nanos: '1' };
      const submit = (run_id: string, input: string) =>
        client.request('tasklet.submit', {
          ...{ ...job, ...limits, run_id, timeout_ms: 200 },
          input: { inline_b64: Buffer.from(input).toString('base64') },
        });
      // A busy machine may take long for the first ones, which are judged by the clock.
      let last = await submit('empty', '');
      for (let i = 0; i < 50 && !last.short; i++) last = await submit(`empty-${i}`, '');
      assert.equal(last.short, true);
      const late = await submit('late', 'x');
      assert.equal(late.error?.code, 'deadline_exceeded');
      assert.equal(late.short, false);
    });

    it('leases memory: alloc, list, renew, free', async () => {
      const lease = await client.request('lease.alloc', { tenant: 'a', bytes: 4096, ttl_ms: 60_000 });
      assert.equal(lease.generation, 1);
      assert.equal(lease.run_id, null);
      const left = Date.parse(lease.expires_at) - Date.now();
      assert.ok(left > 30_000 && left <= 61_000, `${left} ms`);
      assert.deepEqual(await client.request('lease.list', {}), { leases: [lease] });
      assert.equal((await client.request('inventory', {})).mem_leased, 4096);
      const renewed = await client.request('lease.renew', { lease_id: lease.lease_id, ttl_ms: 120_000 });
      assert.equal(renewed.generation, 2);
      await client.request('lease.free', { lease_id: lease.lease_id });
      assert.deepEqual(await client.request('lease.list', {}), { leases: [] });
      await assert.rejects(
        client.request('lease.free', { lease_id: lease.lease_id }),
        failed('refused', 'lease_unknown'),
      );
      await assert.rejects(
        client.request('lease.alloc', { tenant: 'a', bytes: 131_073, ttl_ms: 1 }),
        failed('refused', 'mem_capacity_exceeded'),
      );
    });

    it('grants capabilities to the tenant of the lease alone, never past the lease', async () => {
      const { lease_id, expires_at } = await client.request('lease.alloc', { tenant: 'a', bytes: 16, ttl_ms: 5_000 });
      const ask = (fields: Partial<FabricMethods['cap.request']['params']>) =>
        client.request('cap.request', { lease_id, tenant: 'a', rights: ['read'], ttl_ms: 60_000, ...fields });
      const grant = await ask({});
      assert.equal(grant.expires_at, expires_at);
      assert.equal(grant.generation, 1);
      assert.ok(Date.parse((await ask({ ttl_ms: 1_000 })).expires_at) < Date.parse(expires_at));
      await assert.rejects(ask({ tenant: 'b' }), failed('refused', 'lease_of_another_tenant'));
      await assert.rejects(ask({ ttl_ms: 300_001 }), failed('usage', 'bad_request'));
      await client.request('lease.free', { lease_id });
      await assert.rejects(ask({}), failed('refused', 'lease_unknown'));
    });

    for (const [method, params, message] of [
      ['identity', { more: 1 }, /unknown field "more"/],
      ['lease.alloc', { tenant: 'a', bytes: 0, ttl_ms: 1 }, /bytes must be a whole number from 1/],
      ['lease.alloc', { tenant: 'a', bytes: 1.5, ttl_ms: 1 }, /bytes must be/],
      ['lease.alloc', { tenant: '', bytes: 1, ttl_ms: 1 }, /tenant must be/],
      ['lease.alloc', { tenant: 'a', bytes: 1, ttl_ms: 3_600_001 }, /ttl_ms must be/],
      ['lease.renew', { lease_id: 'x' }, /ttl_ms must be/],
      ['lease.free', [], /params must be an object/],
      ['cap.request', { lease_id: 'x', tenant: 'a', rights: [], ttl_ms: 1 }, /rights must be/],
      ['cap.request', { lease_id: 'x', tenant: 'a', rights: ['read', 'read'], ttl_ms: 1 }, /rights must be/],
      ['cap.request', { lease_id: 'x', tenant: 'a', rights: ['own'], ttl_ms: 1 }, /rights must be/],
      ['module.put', { module_sha256: 'AB', bytes: { inline_b64: '' } }, /module_sha256 must be 64/],
      ['module.put', { module_sha256: 'a'.repeat(64), bytes: { blob: 1 } }, /bytes must be \{inline_b64\}/],
      ['module.put', { module_sha256: 'a'.repeat(64), bytes: { inline_b64: '?' } }, /not base64/],
      ['tasklet.submit', {}, /run_id must be/],
      ['tasklet.cancel', { run_id: 7 }, /run_id must be/],
    ] as const) {
      it(`refuses ${method} with ${JSON.stringify(params).slice(0, 60)}`, async () => {
        await assert.rejects(client.request(method, params as never), (error) => {
          assert.ok(failed('usage', 'bad_request')(error));
          assert.match((error as Error).message, message);
          return true;
        });
      });
    }

    it('refuses an unknown method and goes on', async () => {
      await assert.rejects(client.request('lease.steal' as never, {} as never), failed('usage', 'bad_request'));
      await client.request('identity', {});
    });

    it('gives up a request whose signal is aborted', async () => {
      await assert.rejects(
        client.request('inventory', {}, { signal: AbortSignal.abort() }),
        failed('interrupted', 'cancelled'),
      );
    });

    for (const role of ['tenant', 'admin', 'fabricbiosd'] as const) {
      it(`refuses a ${role} of the same CA`, async () => {
        const lines = cell.log.length;
        await assert.rejects(
          cell.connect(cell.trust[role]),
          // TCP has no words for it.
          transport === 'quic'
            ? failed('refused', 'client_certificate_unfit')
            : failed('unreachable', 'fabric_connection_lost'),
        );
        assert.ok(
          cell.log.slice(lines).some((line) => /refused .*client_certificate_unfit/.test(line)),
          cell.log.slice(lines).join('\n'),
        );
      });
    }

    it('refuses a scheduler of another CA, and is refused by a scheduler that trusts another CA', async () => {
      const other = createAuthority({ name: 'another CA', days: 1 });
      const { certPem, keyPem } = other.issue({ role: 'scheduler', name: 'cell-1', days: 1 });
      const ours = pemsOf(cell.trust, cell.trust.scheduler);
      const target = { address: cell.facts.control, transport } as const;
      await assert.rejects(
        connectFabric({ ...target, caPem: ours.caPem, certPem, keyPem }),
        (error) => error instanceof GrafosError,
      );
      await assert.rejects(
        connectFabric({ ...target, ...ours, caPem: other.certPem }),
        failed('refused', 'server_certificate_untrusted'),
      );
      await client.request('identity', {});
    });

    for (const [what, channel, bytes, reason] of [
      ['a message that is not JSON', 'rpc', [0, 0, 0, 1, 0x7b], /not JSON/],
      ['a message longer than the bound', 'rpc', [0, 0x20, 0, 0], /bytes where 1 to/],
      ['a blob frame of an unknown kind', 'blobs', [0, 0, 0, 5, 0, 0, 0, 1, 9], /kind 9/],
    ] as const) {
      it(`closes the link on ${what}, with the reason, and serves others`, async () => {
        const link = await rawLink();
        link.rpc.receive(() => {});
        link.blobs.receive(() => {});
        await link[channel].write(Uint8Array.from(bytes));
        assert.match(await link.closed, reason);
        await client.request('identity', {});
      });
    }

    it('says so when nothing answers', async () => {
      const address = '127.0.0.1:1';
      await assert.rejects(
        connectFabric({ address, transport, ...pemsOf(cell.trust, cell.trust.scheduler), timeoutMs: 300 }),
        failed('unreachable', 'fabric_unreachable'),
      );
    });

    it('tells its client when it stops', async () => {
      const other = await fabricCell({ transport });
      const guest = await other.connect();
      await other[Symbol.asyncDispose]();
      assert.match(await guest.closed, /shutting down|scheduler is done/);
      await assert.rejects(guest.request('identity', {}), failed('unreachable', 'fabric_connection_lost'));
    });
  });
}

describe('fabric control', () => {
  it('does not answer a TLS client without a certificate, without our protocol, or of TLS 1.2', async () => {
    await using cell = await fabricCell({ transport: 'tcp' });
    const { host = '', port = 0 } = parseHostPort(cell.facts.control) ?? {};
    const ours = pemsOf(cell.trust, cell.trust.scheduler);
    const pair = { cert: ours.certPem, key: ours.keyPem };
    for (const options of [
      { ALPNProtocols: [FABRIC_ALPN] },
      { ...pair },
      { ...pair, ALPNProtocols: ['h2'] },
      { ...pair, ALPNProtocols: [FABRIC_ALPN], maxVersion: 'TLSv1.2' as const },
    ]) {
      const received = await new Promise<number>((resolve) => {
        let bytes = 0;
        const socket = tlsConnect({ host, port, ca: ours.caPem, checkServerIdentity: () => undefined, ...options });
        socket.on('secureConnect', () => socket.write('hello'));
        socket.on('data', (chunk) => {
          bytes += chunk.length;
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(bytes));
      });
      assert.equal(received, 0);
    }
  });

  it('refuses an address that is none', async () => {
    await using cell = await fabricCell({ transport: 'tcp' });
    await assert.rejects(
      connectFabric({ address: 'nowhere', transport: 'tcp', ...pemsOf(cell.trust, cell.trust.scheduler) }),
      failed('usage', 'fabric_address_invalid'),
    );
  });
});
