import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { LIMITS } from '../../../../base/limits.ts';
import type { PeerFiles } from '../../../../daemons/peers/peerFiles.ts';
import { tlsServerOptions } from '../../../../daemons/peers/peerTls.ts';
import { connectScheduler, type SchedulerClient } from '../../../../daemons/tenant/schedulerClient.ts';
import { type Authority, createAuthority } from '../../../../toolchain/trust/authority.ts';
import { type Harness, MODULE, MODULE_SHA256, startHarness, submitOf } from '../../../daemons/schedulerHarness.ts';

describe('schedulerClient', () => {
  describe('with a scheduler', () => {
    let stack: Harness;
    let client: SchedulerClient;
    let files: PeerFiles;
    before(async () => {
      stack = await startHarness();
      ({ client, files } = await stack.tenant());
      await client.putModule(MODULE_SHA256, MODULE);
    });
    after(() => stack.close());

    it('asks for the cell id itself when it is not told', async () => {
      const other = await connectScheduler({ url: stack.url, ...files });
      try {
        assert.deepEqual(await other.listRuns(), []);
      } finally {
        other.close();
      }
    });

    it('keeps one connection for requests in turn, and opens more while one is held', async () => {
      const connections = async () => new Set((await stack.audit({ action: 'getRun' })).map(({ peer }) => peer)).size;
      const held = await client.submit(submitOf('hold'));
      for (let turn = 0; turn < 5; turn += 1) await client.getRun(held.run_id);
      assert.equal(await connections(), 1);
      const waiting = client.submit(submitOf('hold'), { waitMs: 10_000 });
      await client.getRun(held.run_id);
      await stack.cell.arrived(2);
      for (const { run_id } of stack.cell.submits) stack.cell.release(run_id);
      assert.equal((await waiting).state, 'succeeded');
    });

    it('says whether a module is there', async () => {
      assert.equal(await client.hasModule(MODULE_SHA256), true);
      assert.equal(await client.hasModule('0'.repeat(64)), false);
    });

    it('turns refusals into errors with their reason, what and next', async () => {
      await assert.rejects(client.getRun('none'), {
        name: 'GrafosError',
        kind: 'usage',
        code: 'not_found',
        exitCode: 2,
        message: /none/,
      });
      await assert.rejects(client.putModule('0'.repeat(64), MODULE), { code: 'module_hash_mismatch' });
      assert.equal(await client.hasModule('0'.repeat(64)), false);
    });

    it('carries the largest module and input, and is refused one byte more', async () => {
      const module = randomBytes(LIMITS.module);
      const sha256 = createHash('sha256').update(module).digest('hex');
      await client.putModule(sha256, module);
      const input = randomBytes(LIMITS.input);
      const echoed = await client.submit(
        { ...submitOf('echo'), input_b64: input.toString('base64') },
        { waitMs: 30_000 },
      );
      assert.equal(echoed.response?.output_sha256, createHash('sha256').update(input).digest('hex'));
      assert.ok(input.equals(await client.artifact(echoed.run_id, 'input.bin')));
      const more = Buffer.concat([input, Buffer.from('x')]);
      await assert.rejects(client.submit({ ...submitOf('echo'), input_b64: more.toString('base64') }), {
        code: /body_too_large|bad_request/,
      });
      const big = Buffer.concat([module, Buffer.from('x')]);
      await assert.rejects(
        client.putModule(createHash('sha256').update(big).digest('hex'), big),
        (error: { code: string }) => ['body_too_large', 'scheduler_unreachable'].includes(error.code),
      );
    });

    it('is interrupted by its signal: before, while it waits, and in a stream', async () => {
      const waits = client.submit(submitOf('hold'), { waitMs: 20_000, signal: AbortSignal.timeout(50) });
      await assert.rejects(waits, { kind: 'interrupted' });
      await assert.rejects(client.health({ signal: AbortSignal.abort() }), { kind: 'interrupted' });
      const run = await client.submit(submitOf('hold'));
      const abort = new AbortController();
      await assert.rejects(
        (async () => {
          for await (const event of client.events(run.run_id, { signal: abort.signal }))
            if (event.event === 'log') abort.abort();
        })(),
        { kind: 'interrupted' },
      );
      for (const { run_id } of stack.cell.submits) stack.cell.release(run_id);
    });

    it('close() ends what is under way, and every socket', async () => {
      const other = await stack.client(files);
      const waits = other.submit(submitOf('hold'), { waitMs: 20_000 });
      const refused = assert.rejects(waits, { kind: 'interrupted' });
      await other.health();
      other.close();
      await refused;
      await assert.rejects(other.health(), { code: 'client_closed' });
      for (const { run_id } of stack.cell.submits) stack.cell.release(run_id);
    });

    it('tells apart why it is not let in', async () => {
      const other: Authority = createAuthority({ name: 'other', days: 1 });
      const foreign = { ...files, ...other.issue({ role: 'tenant', name: 'dev-tenant', days: 1 }) };
      await assert.rejects((await stack.client(foreign)).health(), {
        kind: 'refused',
        code: 'client_certificate_untrusted',
      });
      const deceived = { ...files, caPem: other.certPem };
      await assert.rejects((await stack.client(deceived)).health(), {
        kind: 'refused',
        code: 'server_certificate_untrusted',
      });
      const stranger = stack.issue('tenant', 'stranger');
      await assert.rejects((await stack.client(stranger)).listRuns(), { code: 'tenant_unknown' });
    });
  });

  it('refuses what it cannot work with before it connects', async () => {
    const ca = createAuthority({ name: 'a', days: 1 });
    const { certPem, keyPem } = ca.issue({ role: 'tenant', name: 'a', days: 1 });
    const good = { url: 'https://127.0.0.1:1', caPem: ca.certPem, certPem, keyPem, cellId: 'c' };
    for (const url of ['http://127.0.0.1:1', 'x', '']) {
      await assert.rejects(connectScheduler({ ...good, url }), { kind: 'usage', code: 'scheduler_url_invalid' });
    }
    await assert.rejects(connectScheduler({ ...good, caPem: 'x' }), { code: 'ca_unreadable' });
    await assert.rejects(connectScheduler({ ...good, keyPem: 'x' }), { code: 'certificate_unreadable' });
    const { keyPem: otherKey } = ca.issue({ role: 'tenant', name: 'a', days: 1 });
    await assert.rejects(connectScheduler({ ...good, keyPem: otherKey }), { code: 'certificate_unreadable' });
    const client = await connectScheduler(good);
    await assert.rejects(client.health(), { kind: 'unreachable', code: 'scheduler_unreachable', exitCode: 3 });
    client.close();
  });

  describe('with a server that misbehaves', () => {
    let ca: Authority;
    let server: Server;
    let client: SchedulerClient;
    const sockets = new Set<Socket>();
    let answer: (request: IncomingMessage, response: ServerResponse) => void;
    const tokens: string[] = [];

    beforeEach(async () => {
      ca = createAuthority({ name: 'a', days: 1 });
      tokens.length = 0;
      const scheduler = ca.issue({ role: 'scheduler', name: 'c', days: 1 });
      server = createServer(tlsServerOptions({ caPem: ca.certPem, ...scheduler }), (request, response) => {
        tokens.push(request.headers.authorization ?? '');
        answer(request, response);
      });
      server.on('secureConnection', (socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const tenant = ca.issue({ role: 'tenant', name: 'a', days: 1 });
      client = await connectScheduler({ url: `https://127.0.0.1:${port}`, caPem: ca.certPem, cellId: 'c', ...tenant });
    });
    afterEach(async () => {
      client.close();
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      server.close();
      await once(server, 'close');
    });

    const refusal = (reason: string) => JSON.stringify({ error: { reason, message: 'no' } });

    for (const reason of ['token_expired', 'token_not_yet_valid'])
      it(`makes a new token, once, when the scheduler says ${reason}`, async () => {
        answer = (_request, response) => {
          if (tokens.length === 1) response.writeHead(401).end(refusal(reason));
          else response.end('{"runs":[]}');
        };
        assert.deepEqual(await client.listRuns(), []);
        assert.equal(new Set(tokens).size, 2);
        answer = (_request, response) => response.writeHead(401).end(refusal(reason));
        await assert.rejects(client.listRuns(), { code: reason });
        assert.equal(tokens.length, 4);
      });

    it('uses one token for one connection, and another for the next', async () => {
      answer = (_request, response) => response.end('{"runs":[]}');
      await client.listRuns();
      await client.listRuns();
      assert.equal(new Set(tokens).size, 1);
      for (const socket of sockets) socket.destroy();
      await client.listRuns();
      assert.equal(new Set(tokens).size, 2);
    });

    it('asks again when the idle connection it took up was closed under it, but never twice for a POST without a key', async () => {
      answer = (request, response) => {
        if (tokens.length === 2) request.socket.destroy();
        else response.end('{"runs":[]}');
      };
      await client.listRuns();
      assert.deepEqual(await client.listRuns(), []);
      assert.equal(tokens.length, 3);
      tokens.length = 1;
      await assert.rejects(client.submit(submitOf('plain')), { code: 'scheduler_unreachable' });
      assert.equal(tokens.length, 2);
    });

    it('tells an answer that is none of ours', async () => {
      answer = (_request, response) => response.writeHead(502).end('<html>');
      await assert.rejects(client.listRuns(), { kind: 'unreachable', code: 'cell_answer_invalid' });
      answer = (_request, response) => response.end('{');
      await assert.rejects(client.listRuns(), { code: 'cell_answer_invalid' });
      answer = (request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{');
        setImmediate(() => request.socket.destroy());
      };
      await assert.rejects(client.listRuns(), { code: 'scheduler_unreachable' });
    });
  });

  it('tells a server that does not speak TLS', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => {}).end('SSH-2.0-nope\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ca = createAuthority({ name: 'a', days: 1 });
    const { port } = server.address() as AddressInfo;
    const tenant = ca.issue({ role: 'tenant', name: 'a', days: 1 });
    const client = await connectScheduler({
      url: `https://127.0.0.1:${port}`,
      caPem: ca.certPem,
      cellId: 'c',
      ...tenant,
    });
    try {
      await assert.rejects(client.health(), { kind: 'unreachable', code: 'scheduler_unreachable' });
    } finally {
      client.close();
      server.close();
    }
  });
});
