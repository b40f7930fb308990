/**
 * Connections without credentials, at every door: they are bounded in number and time, and whoever
 * has credentials is served meanwhile.
 */
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { createSecureServer, connect as h2connect } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { QUICClient, QUICServer, QUICSocket } from '@matrixai/quic';
import { parseHostPort } from '../../base/hostPort.ts';
import { boundHttp2 } from '../../daemons/doors/boundHttp2.ts';
import { boundQuicHandshakes } from '../../daemons/doors/boundQuicHandshakes.ts';
import { DOOR_LIMITS } from '../../daemons/doors/doorLimits.ts';
import { openMemSession } from '../../daemons/memory/memClient.ts';
import { connectWebTransport, type WtSession } from '../../daemons/memory/webTransport.ts';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { quicPeerConfig } from '../../daemons/peers/peerQuic.ts';
import { guardTlsServer, tlsServerOptions } from '../../daemons/peers/peerTls.ts';
import { crowd } from '../helpers/crowd.ts';
import { fabricCell } from '../helpers/fabricCell.ts';
import { type Harness, startHarness, tokenOf } from './schedulerHarness.ts';

const HOST = '127.0.0.1';
/** Beyond what a bound in time allows, for a machine that does much else. */
const SLACK_MS = 20_000;

describe('doors', function () {
  this.timeout(120_000);

  describe('the scheduler', () => {
    let stack: Harness;
    let files: PeerFiles;
    let port: number;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const tls = () => ({ host: HOST, port, ca: files.caPem, cert: files.certPem, key: files.keyPem });

    before(async () => {
      stack = await startHarness();
      ({ files } = await stack.tenant('dev-tenant'));
      port = Number(new URL(stack.url).port);
    });
    after(async () => {
      agent.destroy();
      await stack.close();
    });

    const token = () => tokenOf(files);
    /** A request with certificate and token; the local port tells one connection from another. */
    const listRuns = (bearer: string, by: Agent = agent): Promise<{ status: number; port: number | undefined }> =>
      new Promise((resolve, reject) => {
        const request = httpsRequest(
          { ...tls(), path: '/api/v1/runs', agent: by, headers: { authorization: `Bearer ${bearer}` } },
          (response) => {
            const { localPort } = response.socket;
            response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, port: localPort }));
          },
        );
        request.on('error', reject).end();
      });
    /** Serves a client that comes now, and the one whose connection is there already. */
    const servesMeanwhile = async (work: () => Promise<void>): Promise<void> => {
      const bearer = token();
      const known = await listRuns(bearer);
      assert.equal(known.status, 200);
      await work();
      assert.deepEqual(await listRuns(bearer), known, 'another connection than before');
      const fresh = new Agent();
      assert.equal((await listRuns(token(), fresh)).status, 200);
      fresh.destroy();
    };

    it('bounds handshakes that are not begun', async () => {
      await servesMeanwhile(async () => {
        using strangers = await crowd(2 * DOOR_LIMITS.tlsHandshakes, () => connect(port, HOST));
        await strangers.endedAtLeast(DOOR_LIMITS.tlsHandshakes, 5_000);
        const fresh = new Agent();
        assert.equal((await listRuns(token(), fresh)).status, 200);
        fresh.destroy();
        await strangers.endedAtLeast(2 * DOOR_LIMITS.tlsHandshakes, DOOR_LIMITS.tlsHandshakeMs + SLACK_MS);
      });
    });

    it('bounds handshakes that stop half way', async () => {
      await servesMeanwhile(async () => {
        // The head of a TLS record of a ClientHello, and no more.
        const begun = () =>
          connect(port, HOST).once('connect', function (this: ReturnType<typeof connect>) {
            this.write(Buffer.from('160301020001', 'hex'));
          });
        using strangers = await crowd(20, begun);
        await strangers.endedAtLeast(20, DOOR_LIMITS.tlsHandshakeMs + SLACK_MS);
      });
    });

    it('bounds connections that ask nothing, over HTTP/1.1 and HTTP/2', async () => {
      await servesMeanwhile(async () => {
        const silent = (index: number) =>
          tlsConnect({ ...tls(), ALPNProtocols: [index % 2 === 0 ? 'http/1.1' : 'h2'] });
        using strangers = await crowd(DOOR_LIMITS.apiSilent + 20, silent, 'secureConnect');
        await strangers.endedAtLeast(20, 5_000);
        await strangers.endedAtLeast(DOOR_LIMITS.apiSilent + 20, DOOR_LIMITS.apiSilentMs + SLACK_MS);
      });
    });

    it('bounds heads of requests that come slowly', async () => {
      await servesMeanwhile(async () => {
        const timers: NodeJS.Timeout[] = [];
        const slow = (): TLSSocket => {
          const socket = tlsConnect(tls());
          socket.once('secureConnect', () => {
            socket.write(`GET /health HTTP/1.1\r\nHost: ${HOST}\r\n`);
            timers.push(setInterval(() => socket.write('X: y\r\n'), 500));
          });
          return socket;
        };
        using strangers = await crowd(10, slow, 'secureConnect');
        try {
          await strangers.endedAtLeast(10, DOOR_LIMITS.apiHeadersMs + SLACK_MS);
        } finally {
          for (const timer of timers) clearInterval(timer);
        }
      });
    });

    it('lets those that show no token displace each other, and nobody else', async () => {
      await servesMeanwhile(async () => {
        const head = `GET /health HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
        const asking = () => {
          const socket = tlsConnect(tls());
          socket.once('secureConnect', () => socket.write(head));
          return socket;
        };
        using strangers = await crowd(DOOR_LIMITS.apiUnproven + 30, asking, 'data');
        await strangers.endedAtLeast(30, 10_000);
      });
    });

    it('ends a body that goes on after it was refused, over HTTP/1.1', async () => {
      const socket = tlsConnect(tls());
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      const head = `POST /api/v1/runs HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n`;
      socket.write(head);
      const trickle = setInterval(() => socket.write(' '), 100);
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      // Not `once`: it would take the reset of the connection for a failure.
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const late = setTimeout(() => reject(new Error('the connection is open')), DOOR_LIMITS.refusedBodyMs + SLACK_MS);
      socket.on('close', () => resolve());
      await promise.finally(() => {
        clearTimeout(late);
        clearInterval(trickle);
      });
      assert.match(text, /^HTTP\/1\.1 401/);
    });

    it('lets a client that writes before it reads find its refusal, and use the connection again', async () => {
      const one = new Agent({ keepAlive: true, maxSockets: 1 });
      const post = (): Promise<{ status: number; port: number | undefined }> =>
        new Promise((resolve, reject) => {
          const headers = { 'content-type': 'application/json' };
          const request = httpsRequest(
            { ...tls(), method: 'POST', path: '/api/v1/runs', agent: one, headers },
            (got) => {
              const { localPort } = got.socket;
              got.resume().on('end', () => resolve({ status: got.statusCode ?? 0, port: localPort }));
            },
          );
          request.on('error', reject).end(Buffer.alloc(DOOR_LIMITS.refusedBodyBytes / 4));
        });
      try {
        const first = await post();
        assert.equal(first.status, 401);
        assert.deepEqual(await post(), first);
      } finally {
        one.destroy();
      }
    });

    it('ends the stream of a body that was refused, over HTTP/2', async () => {
      const session = h2connect(stack.url, { ca: files.caPem, cert: files.certPem, key: files.keyPem });
      try {
        const stream = session.request({
          ':method': 'POST',
          ':path': '/api/v1/runs',
          'content-type': 'application/json',
        });
        stream.on('error', () => {});
        stream.write(' ');
        const [headers] = (await once(stream, 'response')) as [Record<string, number>];
        assert.equal(headers[':status'], 401);
        stream.resume();
        await once(stream, 'close', { signal: AbortSignal.timeout(SLACK_MS) });
        assert.equal(stream.rstCode, 0);
        const next = session.request({ ':path': '/health' });
        const [answer] = (await once(next, 'response')) as [Record<string, number>];
        assert.equal(answer[':status'], 200);
        next.destroy();
      } finally {
        session.destroy();
      }
    });
  });

  describe('an HTTP/2 server', () => {
    it('ends a connection without streams, one that floods, and none that works', async () => {
      const cell = await startHarness();
      const server = cell.issue('scheduler', 'doors');
      const door = createSecureServer(tlsServerOptions(server));
      guardTlsServer(door, { caPem: server.caPem, onRefused: () => {} });
      boundHttp2(door, 300);
      door.on('stream', (stream, headers) => {
        stream.respond({ ':status': 200 });
        if (headers[':path'] === '/long') stream.write('.');
        else stream.end();
      });
      door.listen(0, HOST);
      await once(door, 'listening');
      const { port } = door.address() as AddressInfo;
      const peer = cell.issue('tenant', 'a');
      const open = () => {
        const session = h2connect(`https://${HOST}:${port}`, { ca: peer.caPem, cert: peer.certPem, key: peer.keyPem });
        session.on('error', () => {});
        return session;
      };
      const works = open();
      try {
        const long = works.request({ ':path': '/long' });
        await once(long, 'response');
        long.resume();
        const idle = open();
        await once(idle, 'close', { signal: AbortSignal.timeout(SLACK_MS) });
        const used = open();
        used.request({ ':path': '/' }).resume();
        await once(used, 'close', { signal: AbortSignal.timeout(SLACK_MS) });
        for (const flood of ['ping', 'settings'] as const) {
          const session = open();
          await once(session, 'connect');
          session
            .request({ ':path': '/long' })
            .on('error', () => {})
            .resume();
          const closed = once(session, 'close', { signal: AbortSignal.timeout(SLACK_MS) });
          const more = setInterval(() => {
            for (let sent = 0; sent < 9 && !session.destroyed; sent++) {
              if (flood === 'ping') session.ping(() => {});
              else session.settings({ initialWindowSize: 65_535 }, () => {});
            }
          }, 10);
          await closed.finally(() => clearInterval(more));
        }
        assert.equal(works.destroyed, false);
        assert.equal(long.destroyed, false);
      } finally {
        works.destroy();
        door.close();
        await cell.close();
      }
    });
  });

  for (const transport of ['tcp', 'quic'] as const) {
    it(`fabric control over ${transport} bounds handshakes on TCP, and lets a scheduler in meanwhile`, async () => {
      await using cell = await fabricCell({ transport });
      const { port = 0 } = parseHostPort(cell.facts.control) ?? {};
      const known = await cell.connect();
      using strangers = await crowd(2 * DOOR_LIMITS.tlsHandshakes, () => connect(port, HOST));
      await strangers.endedAtLeast(DOOR_LIMITS.tlsHandshakes, 5_000);
      const fresh = await cell.connect();
      assert.equal((await fresh.request('identity', {})).cell_id, 'cell-1');
      assert.equal((await known.request('identity', {})).cell_id, 'cell-1');
      await strangers.endedAtLeast(2 * DOOR_LIMITS.tlsHandshakes, DOOR_LIMITS.tlsHandshakeMs + SLACK_MS);
    });
  }

  describe('the memory data plane', () => {
    it('bounds connections without a session and sessions without HELLO, and lets a lease in meanwhile', async () => {
      await using cell = await fabricCell();
      const { mem_dataplane: url, mem_dataplane_sha256: sha256 } = cell.facts;
      const { port } = new URL(url);
      const client = await cell.connect();
      const lease = await client.request('lease.alloc', { tenant: 'dev-tenant', bytes: 64, ttl_ms: 60_000 });
      const enter = async () => {
        const asked = { lease_id: lease.lease_id, tenant: 'dev-tenant', rights: ['read' as const], ttl_ms: 60_000 };
        const { token } = await client.request('cap.request', asked);
        return openMemSession({ url, sha256, token, leaseId: lease.lease_id });
      };
      const known = await enter();
      const silent = (index: number) =>
        tlsConnect({
          host: HOST,
          port: Number(port),
          rejectUnauthorized: false,
          ALPNProtocols: [index % 2 === 0 ? 'h2' : 'http/1.1'],
        });
      using raw = await crowd(100, () => connect(Number(port), HOST));
      using strangers = await crowd(DOOR_LIMITS.memSilent + 20, silent, 'secureConnect');
      await strangers.endedAtLeast(20, 5_000);
      const sessions: WtSession[] = [];
      for (let index = 0; index < 10; index++)
        sessions.push(await connectWebTransport({ url, sha256, timeoutMs: 10_000 }));
      const fresh = await enter();
      assert.equal((await fresh.read(0, 8)).length, 8);
      const whys = await Promise.all(sessions.map((session) => session.closed));
      for (const { reason } of whys) assert.equal(reason, 'hello_required');
      await strangers.endedAtLeast(DOOR_LIMITS.memSilent + 20, DOOR_LIMITS.memSilentMs + SLACK_MS);
      await raw.endedAtLeast(100, DOOR_LIMITS.tlsHandshakeMs + SLACK_MS);
      // Longer than a stranger may stay, and still there.
      assert.equal((await known.read(0, 8)).length, 8);
      known.close();
      fresh.close();
    });
  });

  describe('a QUIC listener', () => {
    const logger = { getChild: () => logger, debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
    type Logger = NonNullable<ConstructorParameters<typeof QUICSocket>[0]['logger']>;

    it('bounds handshakes that are begun and not ended', async () => {
      const most = 4;
      const stack = await startHarness();
      const cellFiles = stack.issue('cell', 'quic');
      const peerFiles = stack.issue('scheduler', 's');
      const socket = new QUICSocket({ logger });
      await socket.start({ host: HOST, port: 0 });
      boundQuicHandshakes(socket, most);
      const mac = async (_key: ArrayBuffer, data: ArrayBuffer) => {
        const out = new Uint8Array(32);
        out.set(new Uint8Array(data).subarray(0, 32));
        return out.buffer;
      };
      const server = new QUICServer({
        socket,
        logger,
        minIdleTimeout: 60_000,
        crypto: {
          key: new Uint8Array(32).buffer,
          ops: { sign: mac, verify: async () => true },
        },
        config: {
          applicationProtos: ['door'],
          maxIdleTimeout: 60_000,
          ...quicPeerConfig(cellFiles, { usage: 'client', roles: ['scheduler'] }),
        },
      });
      await server.start();
      const dial = (port: number, timer: number) =>
        QUICClient.createQUICClient(
          {
            host: HOST,
            port,
            logger,
            crypto: { ops: { randomBytes: async (data) => void randomFillSync(new Uint8Array(data)) } },
            config: {
              applicationProtos: ['door'],
              maxIdleTimeout: 20_000,
              ...quicPeerConfig(peerFiles, { usage: 'server', roles: ['cell'], host: HOST }),
            },
          },
          { timer },
        );
      const { serverConnections } = (socket as unknown as { connectionMap: { serverConnections: Map<string, object> } })
        .connectionMap;
      const news = new EventEmitter();
      const relays = await Promise.all(Array.from({ length: 3 * most }, () => lossyRelay(socket.port, news)));
      try {
        const begun = relays.map(({ port }) => dial(port, 15_000).catch((error: unknown) => error));
        for (let heldUp = 0; heldUp < relays.length; heldUp++)
          await once(news, 'held', { signal: AbortSignal.timeout(SLACK_MS) });
        // A displaced one leaves the map in a later turn.
        for (const late = AbortSignal.timeout(SLACK_MS); serverConnections.size > most; late.throwIfAborted())
          await new Promise((resolve) => setTimeout(resolve, 20));
        assert.ok(serverConnections.size > 0, 'no handshake was under way');
        const good = await dial(socket.port, 10_000);
        await good.destroy({ force: true });
        for (const relay of relays) relay.close();
        await Promise.all(begun);
      } finally {
        for (const relay of relays) relay.close();
        await server.stop({ force: true });
        await socket.stop({ force: true });
        await stack.close();
      }
    });
  });
});

/**
 * Passes what a client needs to prove its address, and then nothing from the client any more: a
 * handshake that never ends.
 */
async function lossyRelay(target: number, news: EventEmitter): Promise<{ port: number; close(): void }> {
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  let client: number | undefined;
  let sent = 0;
  let isOpen = true;
  front.on('message', (packet, from) => {
    client = from.port;
    sent++;
    if (sent <= 2) back.send(packet, target, HOST);
    if (sent === 3) news.emit('held');
  });
  back.on('message', (packet) => {
    if (client !== undefined && isOpen) front.send(packet, client, HOST);
  });
  front.bind(0, HOST);
  await once(front, 'listening');
  return {
    port: front.address().port,
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      front.close();
      back.close();
    },
  };
}
