import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { GrafosError } from '../../base/grafosError.ts';
import { parseHostPort } from '../../base/hostPort.ts';
import { blobTokenFrame } from '../../daemons/fabric/blobToken.ts';
import type { ControlLink, ControlListener } from '../../daemons/fabric/controlLink.ts';
import { dialControlQuic, listenControlQuic } from '../../daemons/fabric/controlQuic.ts';
import { createFabricConnection } from '../../daemons/fabric/fabricConnection.ts';
import { samePort } from '../../daemons/fabric/samePort.ts';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { frameHead } from '../../daemons/streams/frames.ts';
import type { PeerRole } from '../../daemons/wire/peerRole.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { quicHalf, tcpHalf } from '../helpers/blobPeer.ts';
import { portRelay } from '../helpers/portRelay.ts';

const HOST = '127.0.0.1';
const MIB = 1024 * 1024;
const ca = createAuthority({ name: 'blobs', days: 1 });

function filesOf(role: PeerRole, name: string): PeerFiles {
  const { certPem, keyPem } = ca.issue({ role, name, days: 1 });
  return { caPem: ca.certPem, certPem, keyPem };
}

const scheduler = filesOf('scheduler', 's-1');

interface TestListener extends AsyncDisposable {
  port: number;
  listener: ControlListener;
  /** The oldest that was not asked for yet. */
  nextLink(): Promise<ControlLink>;
  refusals: string[];
  /** Resolves with the refusals once there are `count` of them. */
  refused(count: number): Promise<string[]>;
}

async function listen(name = 'cell-1', port = 0): Promise<TestListener> {
  const links: ControlLink[] = [];
  const refusals: string[] = [];
  const news = new EventEmitter();
  const listener = await listenControlQuic({
    host: HOST,
    port,
    trust: filesOf('cell', name),
    onLink: (link) => {
      links.push(link);
      news.emit('link');
    },
    onRefused: (_address, why) => {
      refusals.push(why);
      news.emit('refused');
    },
  });
  return {
    port: parseHostPort(listener.address)?.port ?? assert.fail('no port'),
    listener,
    nextLink: async () => {
      while (links.length === 0) await once(news, 'link');
      return links.shift() ?? assert.fail();
    },
    refusals,
    refused: async (count) => {
      while (refusals.length < count) await once(news, 'refused');
      return refusals;
    },
    [Symbol.asyncDispose]: () => listener.close('the test is over'),
  };
}

const dial = (port: number, timeoutMs = 5_000) => dialControlQuic({ host: HOST, port, trust: scheduler, timeoutMs });

/** Both ends of a link that works. */
async function linked(cell: TestListener): Promise<{ client: ControlLink; server: ControlLink }> {
  const client = await dial(cell.port);
  return { client, server: await cell.nextLink() };
}

/** Reads until `bytes` bytes came. */
function read(link: ControlLink, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let held = Buffer.alloc(0);
    link.blobs.receive((chunk) => {
      held = Buffer.concat([held, chunk]);
      if (held.length >= bytes) resolve(held);
    });
    void link.closed.then((why) => reject(new Error(why)));
  });
}

async function isClosed(socket: TLSSocket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

/** Resolves once both can be bound: UDP is let go of a moment after the goodbye. */
async function portIsFree(port: number): Promise<void> {
  for (;;) {
    const udp = createSocket('udp4');
    const tcp = createServer();
    try {
      await Promise.all([once(udp.bind(port, HOST), 'listening'), once(tcp.listen(port, HOST), 'listening')]);
      return;
    } catch {
      await pause(10);
    } finally {
      udp.close();
      tcp.close();
    }
  }
}

describe('blobs beside QUIC', () => {
  let cell: TestListener;
  before(async () => {
    cell = await listen();
  });
  after(() => cell[Symbol.asyncDispose]());

  it('carries 16 MiB each way, at once, and answers small requests meanwhile', async () => {
    const { client, server } = await linked(cell);
    const [here, there] = [createFabricConnection(client), createFabricConnection(server)];
    there.rpc.onRequest('double', (n: number) => 2 * n);
    here.rpc.listen();
    there.rpc.listen();
    const [up, down] = [randomBytes(16 * MIB), randomBytes(16 * MIB)];
    let isUnderWay = true;
    const blobs = Promise.all([
      there.blobs.receive(here.blobs.send(up), 16 * MIB),
      here.blobs.receive(there.blobs.send(down), 16 * MIB),
    ]).finally(() => {
      isUnderWay = false;
    });
    let answers = 0;
    while (isUnderWay) {
      assert.equal(await here.rpc.sendRequest('double', answers), 2 * answers);
      answers++;
    }
    const [gotUp, gotDown] = await blobs;
    assert.ok(up.equals(gotUp) && down.equals(gotDown));
    assert.ok(answers >= 8, `${answers} answers`);
    client.close('done');
    assert.equal(await server.closed, 'the other end closed: done');
  });

  it('lets either half come first, and keeps what was sent too early', async () => {
    for (const first of ['quic', 'tcp']) {
      const token = blobTokenFrame();
      const socket = await tcpHalf(cell.port, scheduler);
      const quic = await quicHalf(cell.port, scheduler);
      if (first === 'tcp') {
        // In pieces, and with bytes of a blob behind it.
        socket.write(token.subarray(0, 3));
        await new Promise((resolve) => socket.write(token.subarray(3, 30), resolve));
        socket.write(Buffer.concat([token.subarray(30), Buffer.from('early')]));
      }
      await quic.write(4, token.subarray(0, 20));
      await quic.write(4, token.subarray(20));
      const server = await cell.nextLink();
      // Waits for the other half where that is not there yet.
      const written = server.blobs.write(Buffer.from('down'));
      const came = read(server, 'early and late'.length);
      if (first === 'quic') socket.write(Buffer.concat([token, Buffer.from('early')]));
      const [down] = await once(socket, 'data');
      assert.equal(String(down), 'down');
      await written;
      socket.write(' and late');
      assert.equal((await came).toString(), 'early and late');
      quic.end('done');
      assert.equal(await server.closed, 'the other end closed: done');
      await isClosed(socket);
      await assert.rejects(server.blobs.write(Buffer.from('x')), /closed/);
    }
    assert.deepEqual(cell.refusals, []);
  });

  it('forgets a half that ends while it waits', async () => {
    const token = blobTokenFrame();
    const gone = await tcpHalf(cell.port, scheduler);
    await new Promise((resolve) => gone.write(token, resolve));
    gone.end();
    await isClosed(gone);
    const socket = await tcpHalf(cell.port, scheduler);
    const quic = await quicHalf(cell.port, scheduler);
    await quic.write(4, token);
    const server = await cell.nextLink();
    const came = read(server, 2);
    socket.write(Buffer.concat([token, Buffer.from('ok')]));
    assert.equal((await came).toString(), 'ok');
    quic.end('done');
    await server.closed;
    assert.deepEqual(cell.refusals, []);
  });

  describe('refuses, says so once, and serves others:', () => {
    let door: TestListener;
    beforeEach(async () => {
      door = await listen();
    });
    afterEach(async () => {
      const { client, server } = await linked(door);
      const came = read(server, 4);
      await client.blobs.write(Buffer.from('good'));
      assert.equal((await came).toString(), 'good');
      client.close('done');
      await server.closed;
      await door[Symbol.asyncDispose]();
    });

    for (const [what, bytes, why] of [
      ['a first frame that is too long', frameHead(33, Buffer.alloc(33)), /frame of 33 bytes where a token/],
      ['a first frame that is too short', frameHead(1, Buffer.alloc(1)), /frame of 1 bytes/],
      ['an empty first frame', frameHead(0), /frame of 0 bytes/],
      ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /frame of 1195725856 bytes/],
    ] as const) {
      it(`${what}, over TCP`, async () => {
        const socket = await tcpHalf(door.port, scheduler);
        socket.write(bytes);
        await isClosed(socket);
        assert.equal((await door.refused(1)).length, 1);
        assert.match(door.refusals[0] ?? '', why);
      });

      it(`${what}, over QUIC`, async () => {
        const quic = await quicHalf(door.port, scheduler);
        await quic.write(4, bytes);
        assert.match(await quic.closed, why);
        assert.equal((await door.refused(1)).length, 1);
        assert.match(await (await door.nextLink()).closed, why);
      });
    }

    it('more than a token on its stream', async () => {
      const quic = await quicHalf(door.port, scheduler);
      await quic.write(4, Buffer.concat([blobTokenFrame(), Buffer.of(0)]));
      assert.match(await quic.closed, /more than a token/);
      await door.nextLink();
      const late = await quicHalf(door.port, scheduler);
      const token = blobTokenFrame();
      const socket = await tcpHalf(door.port, scheduler);
      socket.write(token);
      await late.write(4, token);
      const server = await door.nextLink();
      await server.blobs.write(Buffer.of(1));
      await late.write(4, Buffer.of(1));
      assert.match(await late.closed, /more than a token/);
      await isClosed(socket);
      // Once paired it is the link that ends, with its reason.
      assert.match(await server.closed, /more than a token/);
      assert.equal(door.refusals.length, 1);
    });

    it('a token a second time, by TCP and by QUIC', async () => {
      const token = blobTokenFrame();
      const [quic, socket] = [await quicHalf(door.port, scheduler), await tcpHalf(door.port, scheduler)];
      socket.write(token);
      await quic.write(4, token);
      const server = await door.nextLink();
      await server.blobs.write(Buffer.of(1));
      const again = await tcpHalf(door.port, scheduler);
      again.write(token);
      await isClosed(again);
      const quicAgain = await quicHalf(door.port, scheduler);
      await quicAgain.write(4, token);
      assert.match(await quicAgain.closed, /shown before/);
      assert.match(await (await door.nextLink()).closed, /shown before/);
      assert.equal((await door.refused(2)).length, 2);
      const came = read(server, 1);
      socket.write('!');
      assert.equal((await came).toString(), '!');
      quic.end('done');
      await server.closed;
    });

    it('a peer of another role', async () => {
      const socket = await tcpHalf(door.port, filesOf('tenant', 't-1'));
      await isClosed(socket);
      assert.match((await door.refused(1)).join(), /^client_certificate_unfit: its role is tenant/);
    });

    it('more halves of one certificate than may wait, while another still comes in', async () => {
      const many = await Promise.all(Array.from({ length: 33 }, () => tcpHalf(door.port, scheduler)));
      assert.match((await door.refused(1)).join(), /^32 others of its certificate wait/);
      const other = filesOf('scheduler', 's-2');
      const link = await dialControlQuic({ host: HOST, port: door.port, trust: other, timeoutMs: 5_000 });
      await link.blobs.write(Buffer.of(1));
      const server = await door.nextLink();
      assert.equal((await read(server, 1))[0], 1);
      link.close('done');
      await server.closed;
      for (const socket of many) socket.destroy();
      await Promise.all(many.map(isClosed));
      assert.equal(door.refusals.length, 1);
    });

    it('whoever says nothing, an unknown token, a stolen one, and a link without its TCP half', async () => {
      const [token, unknown, stolen] = [blobTokenFrame(), blobTokenFrame(), blobTokenFrame()];
      const silent = await tcpHalf(door.port, scheduler);
      const stranger = await tcpHalf(door.port, scheduler);
      stranger.write(unknown);
      // The thief is there before either half of the link, and does not keep them from meeting.
      const thief = await tcpHalf(door.port, filesOf('scheduler', 's-2'));
      await new Promise((resolve) => thief.write(stolen, resolve));
      const [robbed, socket] = [await quicHalf(door.port, scheduler), await tcpHalf(door.port, scheduler)];
      await robbed.write(4, stolen);
      const server = await door.nextLink();
      const came = read(server, 4);
      socket.write(Buffer.concat([stolen, Buffer.from('mine')]));
      assert.equal((await came).toString(), 'mine');
      const [half, mute] = [await quicHalf(door.port, scheduler), await quicHalf(door.port, scheduler)];
      await half.write(4, token);
      await mute.write(0, Buffer.of(0));

      await Promise.all([silent, stranger, thief].map(isClosed));
      assert.match(await half.closed, /no connection for blobs came within 5 s, on the TCP port of the same number/);
      assert.match(await mute.closed, /it showed no token/);
      assert.deepEqual([...(await door.refused(5))].sort(), [
        'it showed no token',
        'it showed no token',
        'no connection for blobs came within 5 s, on the TCP port of the same number',
        'no link showed its token within 5 s',
        'no link showed its token within 5 s',
      ]);
      await door.nextLink();
      await door.nextLink();
      robbed.end('done');
      assert.equal(await server.closed, 'the other end closed: done');
    });
  });

  it('ends with either half, and tells the other end', async () => {
    const token = blobTokenFrame();
    const [quic, socket] = [await quicHalf(cell.port, scheduler), await tcpHalf(cell.port, scheduler)];
    socket.write(token);
    await quic.write(4, token);
    const server = await cell.nextLink();
    await server.blobs.write(Buffer.of(1));
    socket.destroy();
    assert.match(await server.closed, /^the TCP connection for blobs ended/);
    assert.match(await quic.closed, /^the TCP connection for blobs ended/);

    await using relay = await portRelay({ udp: cell.port, tcp: cell.port });
    const client = await dial(relay.port);
    const other = await cell.nextLink();
    relay.cutTcp();
    assert.match(await client.closed, /the TCP connection for blobs ended/);
    assert.match(await other.closed, /the TCP connection for blobs ended/);
    await assert.rejects(client.blobs.write(Buffer.of(1)), /closed/);
  });

  for (const tcp of ['refused', 'mute'] as const) {
    it(`cannot be dialled where TCP is ${tcp}, and says what is needed`, async () => {
      await using relay = await portRelay({ udp: cell.port, tcp });
      await assert.rejects(dial(relay.port, 1_000), (error) => {
        assert.ok(error instanceof GrafosError, String(error));
        assert.equal(error.code, 'fabric_unreachable');
        assert.match(error.message, /over TCP/);
        assert.match(error.why ?? '', tcp === 'refused' ? /ECONNREFUSED/ : /no answer within 1000 ms/);
        assert.match(error.next ?? '', /TCP port of the same number/);
        return true;
      });
    });
  }

  it('says that it is refused without waiting for TCP', async () => {
    await using own = await listen();
    await using relay = await portRelay({ udp: own.port, tcp: 'mute' });
    const trust = filesOf('tenant', 't-1');
    await assert.rejects(
      dialControlQuic({ host: HOST, port: relay.port, trust, timeoutMs: 30_000 }),
      (error) => error instanceof GrafosError && error.code === 'client_certificate_unfit',
    );
  });

  it('cannot be dialled where TCP leads to another cell', async () => {
    await using other = await listen('cell-2');
    await using relay = await portRelay({ udp: cell.port, tcp: other.port });
    await assert.rejects(
      dial(relay.port),
      (error) => error instanceof GrafosError && error.code === 'server_certificate_unfit',
    );
  });

  describe('its ports', () => {
    it('are both free after the close, whoever is connected', async () => {
      const own = await listen();
      const { client } = await linked(own);
      const stranger = connect(own.port, HOST);
      stranger.on('error', () => {});
      const waiting = await tcpHalf(own.port, scheduler);
      await own.listener.close('over');
      await portIsFree(own.port);
      assert.equal(await client.closed, 'the other end closed: over');
      await isClosed(waiting);
      if (!stranger.closed) await once(stranger, 'close');
    });

    it('are refused together when one was asked for and TCP has it not', async () => {
      const taken = createServer().listen(0, HOST);
      await once(taken, 'listening');
      const { port } = taken.address() as { port: number };
      await assert.rejects(listen('cell-1', port), { code: 'EADDRINUSE' });
      taken.close();
      await portIsFree(port);
    });

    it('are others when the system gives one that TCP has not', async () => {
      const taken: number[] = [];
      const held: Array<{ close(): void }> = [];
      const [first, second] = await samePort(
        0,
        async (port) => {
          const udp = createSocket('udp4').bind(port, HOST);
          await once(udp, 'listening');
          held.push(udp);
          const given = udp.address().port;
          if (taken.length < 2) {
            taken.push(given);
            const thief = createServer().listen(given, HOST);
            // Another process may have it already, which is as good.
            await new Promise<void>((resolve) => {
              thief.once('listening', resolve).once('error', () => resolve());
            });
            held.push(thief);
          }
          return {
            port: given,
            close: async () => {
              udp.close();
              held.splice(held.indexOf(udp), 1);
            },
          };
        },
        async (port) => {
          const tcp = createServer().listen(port, HOST);
          await once(tcp, 'listening');
          held.push(tcp);
          return port;
        },
      );
      for (const each of held) each.close();
      assert.equal(first.port, second);
      assert.equal(taken.length, 2);
      assert.ok(!taken.includes(second));
    });
  });
});
