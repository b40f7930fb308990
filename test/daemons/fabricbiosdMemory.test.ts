import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import type { FabricClient } from '../../daemons/fabric/fabricClient.ts';
import { type MemChange, type MemSession, openMemSession } from '../../daemons/memory/memClient.ts';
import { MEM, MEM_CHUNK_BYTES_MAX } from '../../daemons/memory/memFrames.ts';
import { connectWebTransport } from '../../daemons/memory/webTransport.ts';
import { frameHead } from '../../daemons/streams/frames.ts';
import type { CapabilityRight, Lease } from '../../daemons/wire/fabricControl.ts';
import { fabricCell, type TestCell } from '../helpers/fabricCell.ts';
import { fabricTasklet, putModule, run, submission } from '../helpers/fabricTasklets.ts';

const TENANT = 'dev-tenant';

const refused = (code: string) => (error: unknown) => {
  assert.ok(error instanceof GrafosError, String(error));
  assert.equal(error.code, code);
  return true;
};

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

describe('the memory data plane', () => {
  let cell: TestCell;
  let client: FabricClient;
  let open: MemSession[] = [];

  before(async () => {
    cell = await fabricCell({ memCapacity: 2 * 1024 * 1024 });
    client = await cell.connect();
  });

  afterEach(async () => {
    for (const session of open) session.close();
    open = [];
    const { leases } = await client.request('lease.list', {});
    for (const { lease_id } of leases) await client.request('lease.free', { lease_id });
  });

  after(() => cell[Symbol.asyncDispose]());

  const alloc = (bytes: number, ttl_ms = 60_000) => client.request('lease.alloc', { tenant: TENANT, bytes, ttl_ms });

  const grant = async (lease: Lease, rights: CapabilityRight[] = ['read', 'write'], ttl_ms = 60_000) =>
    (await client.request('cap.request', { lease_id: lease.lease_id, tenant: TENANT, rights, ttl_ms })).token;

  const session = async (lease: Lease, token: string): Promise<MemSession> => {
    const { mem_dataplane: url, mem_dataplane_sha256: sha256 } = cell.facts;
    const opened = await openMemSession({ url, sha256, token, leaseId: lease.lease_id });
    open.push(opened);
    return opened;
  };

  it('says in HELLO what the token is good for', async () => {
    const lease = await alloc(4096);
    const { hello, bytes, ping } = await session(lease, await grant(lease, ['read']));
    assert.equal(bytes, 4096);
    const { expires_at, ...rest } = hello;
    assert.deepEqual(rest, {
      lease_id: lease.lease_id,
      generation: 1,
      bytes: 4096,
      rights: ['read'],
      offset: 0,
      length: 4096,
    });
    assert.ok(Date.parse(expires_at) > Date.now());
    assert.ok((await ping()) > 0);
  });

  it('reads and writes within the lease, short and long, and nothing outside it', async () => {
    const before = await alloc(1000);
    const lease = await alloc(3 * MEM_CHUNK_BYTES_MAX);
    const after = await alloc(1000);
    const memory = await session(lease, await grant(lease));
    assert.ok((await memory.read(0, 64)).every((byte) => byte === 0));
    const bytes = randomBytes(2 * MEM_CHUNK_BYTES_MAX + 12_345);
    await memory.write(7, bytes);
    assert.ok(bytes.equals(await memory.read(7, bytes.length)));
    assert.equal((await memory.read(0, 0)).length, 0);
    await memory.write(lease.bytes - 3, Buffer.from('end'));
    assert.equal(text(await memory.read(lease.bytes - 3, 3)), 'end');
    for (const [offset, length] of [
      [lease.bytes - 2, 3],
      [lease.bytes, 1],
      [lease.bytes + 1, 0],
      [Number.MAX_SAFE_INTEGER, 1],
    ] as const) {
      await assert.rejects(memory.read(offset, length), refused('out_of_bounds'), `${offset} ${length}`);
      await assert.rejects(memory.write(offset, Buffer.alloc(length)), refused('out_of_bounds'), `${offset} ${length}`);
    }
    for (const neighbour of [before, after]) {
      const other = await session(neighbour, await grant(neighbour));
      assert.ok(
        (await other.read(0, 1000)).every((byte) => byte === 0),
        'the neighbour was not touched',
      );
    }
  });

  it('shows what a run left in the lease it holds', async () => {
    const module = fabricTasklet('remember');
    await putModule(client, module);
    const { lease } = await run(client, module, Buffer.from('from the tasklet'), { mem_bytes: 64, hold_ms: 60_000 });
    assert.ok(lease !== null);
    const memory = await session(lease, await grant(lease, ['read']));
    assert.equal(text(await memory.read(0, 16)), 'from the tasklet');
    await assert.rejects(memory.write(0, Buffer.from('x')), refused('right_missing'));
    assert.equal(text(await memory.read(0, 4)), 'from', 'nothing was written, and the session lives');
  });

  it('does not read with the right to write alone', async () => {
    const lease = await alloc(64);
    const memory = await session(lease, await grant(lease, ['write']));
    await memory.write(0, Buffer.from('x'));
    await assert.rejects(memory.read(0, 1), refused('right_missing'));
    await assert.rejects(
      memory.watch(0, 1, () => {}, AbortSignal.timeout(10_000)),
      refused('right_missing'),
    );
  });

  it('refuses a token that is altered, of another lease, of an older generation, or expired', async () => {
    const lease = await alloc(64);
    const other = await alloc(64);
    const token = await grant(lease);
    const [head, body = '', signature] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const longer = Buffer.from(JSON.stringify({ ...claims, lease_id: other.lease_id })).toString('base64url');
    await assert.rejects(session(other, `${head}.${longer}.${signature}`), refused('token_signature_invalid'));
    await assert.rejects(session(other, token), refused('token_of_another_lease'));
    await assert.rejects(session(lease, 'no token'), refused('token_malformed'));
    await client.request('lease.renew', { lease_id: lease.lease_id, ttl_ms: 60_000 });
    await assert.rejects(session(lease, token), refused('token_superseded'));
    const short = await grant(lease, ['read'], 1);
    while (await isGood(lease, short));
    await assert.rejects(session(lease, short), refused('token_expired'));
    await session(lease, await grant(lease));
  });

  const isGood = async (lease: Lease, token: string): Promise<boolean> => {
    try {
      (await session(lease, token)).close();
      return true;
    } catch {
      return false;
    }
  };

  it('refuses a token of a lease that has ended', async () => {
    const lease = await alloc(64);
    const token = await grant(lease);
    await client.request('lease.free', { lease_id: lease.lease_id });
    await assert.rejects(session(lease, token), refused('lease_ended'));
  });

  it('ends a session when its token expires, unless it shows a newer one', async () => {
    const lease = await alloc(64);
    const passive = await session(lease, await grant(lease, ['read'], 300));
    const active = await session(lease, await grant(lease, ['read'], 300));
    await active.renew(await grant(lease, ['read', 'write']));
    assert.equal(await passive.closed, 'token_expired');
    await assert.rejects(passive.read(0, 1), refused('token_expired'));
    await active.write(0, Buffer.from('still here'));
    await assert.rejects(active.renew(await grant(await alloc(16))), refused('token_of_another_lease'));
    assert.equal(await active.closed, 'token_of_another_lease');
  });

  it('ends the sessions of a lease that is renewed, freed or expires, with the reason', async () => {
    const lease = await alloc(64);
    const bystander = await session(
      await alloc(64),
      await grant((await client.request('lease.list', {})).leases[1] as Lease),
    );
    const old = await session(lease, await grant(lease));
    await client.request('lease.renew', { lease_id: lease.lease_id, ttl_ms: 60_000 });
    assert.equal(await old.closed, 'token_superseded');
    const next = await session(lease, await grant(lease));
    await next.write(0, Buffer.from('secret'));
    await client.request('lease.free', { lease_id: lease.lease_id });
    assert.equal(await next.closed, 'lease_freed');

    const again = await alloc(64);
    const reader = await session(again, await grant(again));
    assert.ok(
      (await reader.read(0, 64)).every((byte) => byte === 0),
      'the bytes are gone',
    );
    const brief = await alloc(64, 300);
    const last = await session(brief, await grant(brief));
    assert.match(await last.closed, /^(lease|token)_expired$/);
    assert.ok(!(await client.request('lease.list', {})).leases.some(({ lease_id }) => lease_id === brief.lease_id));
    await bystander.ping();
  });

  it('tells of writes of another session in the watched range, until the watch ends', async () => {
    const lease = await alloc(4096);
    const watcher = await session(lease, await grant(lease, ['read']));
    const writer = await session(lease, await grant(lease));
    const abort = new AbortController();
    const changes: MemChange[] = [];
    let onChange = () => {};
    const watching = watcher.watch(
      100,
      50,
      (change) => {
        changes.push(change);
        onChange();
      },
      abort.signal,
    );
    // The watch is there once a later request of the same session is answered.
    await watcher.ping();
    await writer.write(0, Buffer.alloc(100, 1));
    const next = new Promise<void>((resolve) => {
      onChange = resolve;
    });
    await writer.write(149, Buffer.from('xy'));
    await next;
    assert.deepEqual(changes, [{ offset: 149, length: 1 }]);
    abort.abort();
    await watching;
    await writer.write(120, Buffer.from('z'));
    await watcher.ping();
    assert.equal(changes.length, 1);
  });

  it('tells of what a tasklet writes while it runs', async () => {
    const module = fabricTasklet('holdOn');
    await putModule(client, module);
    const running = new Promise<void>((resolve) => {
      client.onNotification('run.state', () => resolve());
    });
    const request = submission(client, module, Buffer.alloc(0), { mem_bytes: 64 });
    const outcome = client.request('tasklet.submit', request);
    await running;
    const lease = (await client.request('lease.list', {})).leases.find(
      ({ run_id }) => run_id === request.run_id,
    ) as Lease;
    const memory = await session(lease, await grant(lease));
    const change = new Promise<MemChange>((resolve) => {
      void memory.watch(0, 64, resolve, AbortSignal.timeout(30_000)).catch(() => {});
    });
    await memory.ping();
    // Wiped here, written again by the tasklet.
    await memory.write(7, Buffer.alloc(1));
    assert.deepEqual(await change, { offset: 7, length: 1 });
    while (text(await memory.read(7, 1)) !== '!');
    await client.request('lease.free', { lease_id: lease.lease_id });
    assert.equal(await memory.closed, 'lease_freed');
    assert.equal((await outcome).error?.exit_code, -6);
  });

  it('is not opened by a client that expects another certificate', async () => {
    const lease = await alloc(64);
    const sha256 = createHash('sha256').update('another').digest('hex');
    await assert.rejects(
      openMemSession({ url: cell.facts.mem_dataplane, sha256, token: await grant(lease), leaseId: lease.lease_id }),
      refused('mem_unreachable'),
    );
  });

  for (const [what, frames, reason] of [
    ['begins with READ', [frame(MEM.read, 1, Buffer.alloc(16))], 'hello_required'],
    ['sends an empty frame', [Buffer.alloc(4)], 'frame_invalid'],
    ['sends a frame above the bound', [frameHead(1024 * 1024)], 'frame_invalid'],
    ['sends a HELLO that is no JSON', [frame(MEM.hello, 1, Buffer.from('{'))], 'frame_invalid'],
    ['sends the request id 0', [frame(MEM.hello, 0, Buffer.from('{}'))], 'frame_invalid'],
  ] as const) {
    it(`closes the session of a client that ${what}: ${reason}`, async () => {
      const { mem_dataplane: url, mem_dataplane_sha256: sha256 } = cell.facts;
      const wt = await connectWebTransport({ url, sha256, timeoutMs: 5_000 });
      const stream = await wt.open();
      for (const bytes of frames) await stream.write(bytes);
      assert.deepEqual(await wt.closed, { code: 1, reason });
    });
  }
});

function frame(type: number, id: number, fields: Buffer): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = type;
  head.writeUInt32BE(id, 1);
  return Buffer.concat([frameHead(5 + fields.length, head), fields]);
}
