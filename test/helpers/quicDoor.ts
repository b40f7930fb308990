import { createHmac, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';
import { events, QUICClient, type QUICConnection, QUICServer, QUICSocket, type QUICStream } from '@matrixai/quic';
import { buildQuicheConfig, serverDefault } from '@matrixai/quic/config.js';
import type { PeerIdentity } from '../../daemons/peers/peerCertificate.ts';
import { peerRefusedByQuiche, quicPeerConfig, quicPeerOf } from '../../daemons/peers/peerQuic.ts';
import type { PeerRefusedError } from '../../daemons/peers/peerRefused.ts';
import type { Ca } from './chainMaker.ts';
import { type Attempt, type Door, doorFiles, leafOf, shownFiles, within } from './door.ts';

const OFFER_MS = 10_000;
const COMMON = { applicationProtos: ['door'], maxIdleTimeout: 2_000 };
/** The library's own logger writes every step to stderr. */
const logger = { getChild: () => logger, debug() {}, info() {}, warn() {}, error() {} } as unknown as QUICLogger;
type QUICLogger = NonNullable<ConstructorParameters<typeof QUICSocket>[0]['logger']>;
const clientCrypto = { ops: { randomBytes: async (data: ArrayBuffer) => void randomFillSync(Buffer.from(data)) } };
const mac = (key: ArrayBuffer, data: ArrayBuffer) =>
  createHmac('sha256', Buffer.from(key)).update(Buffer.from(data)).digest();
const serverCrypto = () => ({
  key: new Uint8Array(randomBytes(32)).buffer,
  ops: {
    sign: async (key: ArrayBuffer, data: ArrayBuffer) => new Uint8Array(mac(key, data)).buffer,
    verify: async (key: ArrayBuffer, data: ArrayBuffer, signature: ArrayBuffer) =>
      timingSafeEqual(mac(key, data), Buffer.from(signature)),
  },
});

/** Answers the first bytes of every stream, and tells what it saw. */
function answerStreams(connection: QUICConnection, onBytes: () => void): void {
  connection.addEventListener(events.EventQUICConnectionStream.name, async ({ detail }: { detail: QUICStream }) => {
    try {
      const { value } = await detail.readable.getReader().read();
      if (value === undefined) return;
      onBytes();
      const writer = detail.writable.getWriter();
      await writer.write(Buffer.from('in'));
      await writer.close();
    } catch {
      // The connection ended under the stream; the other end reports how.
    }
  });
}

/** `in`, or how it ended. */
async function ask(connection: QUICConnection): Promise<string> {
  const closed = new Promise<string>((resolve) => {
    connection.addEventListener(
      events.EventQUICConnectionError.name,
      ({ detail }: { detail: Error & { data?: unknown } }) => {
        const { errorCode } = (detail.data ?? {}) as { errorCode?: number };
        resolve(`closed with ${errorCode}`);
      },
    );
  });
  const answer = (async () => {
    const stream = connection.newStream();
    await stream.writable.getWriter().write(Buffer.from('hello'));
    const { value } = await stream.readable.getReader().read();
    return Buffer.from(value ?? []).toString();
  })().catch((error: unknown) => `stream: ${String(error)}`);
  return Promise.race([closed, answer]);
}

/** A real QUIC server of this project that wants tenants; the test is a client. */
export async function quicServerDoor(ca: Ca): Promise<Door> {
  const files = doorFiles(ca, 'server');
  const expect = { usage: 'client', roles: ['tenant'] } as const;
  const peers: PeerIdentity[] = [];
  const refusals: PeerRefusedError[] = [];
  let bytesSeen = 0;
  const server = new QUICServer({
    crypto: serverCrypto(),
    logger,
    config: { ...COMMON, ...quicPeerConfig(files, expect, (refused) => refusals.push(refused)) },
  });
  server.addEventListener(events.EventQUICServerConnection.name, ({ detail }: { detail: QUICConnection }) => {
    peers.push(quicPeerOf(detail, files, expect));
    answerStreams(detail, () => {
      bytesSeen++;
    });
  });
  server.addEventListener(events.EventQUICConnectionError.name, ({ detail }: { detail: Error }) => {
    const refused = peerRefusedByQuiche(detail);
    if (refused !== undefined) refusals.push(refused);
  });
  await server.start({ host: '127.0.0.1', port: 0 });
  const socket = new QUICSocket({ logger });
  await socket.start({ host: '127.0.0.1' });
  const leaving: Promise<unknown>[] = [];

  return {
    async offer(chain) {
      bytesSeen = 0;
      let client: QUICClient;
      try {
        client = await QUICClient.createQUICClient({
          host: '127.0.0.1',
          port: server.port,
          socket,
          crypto: clientCrypto,
          logger,
          config: { ...COMMON, verifyPeer: false, ...shownFiles(chain) },
        });
      } catch (error) {
        if (isConfigError(error)) return { outcome: 'not-offerable', refusals: [], how: String(error) };
        return { outcome: 'refused', refusals: refusals.splice(0), how: String(error) };
      }
      const how = await within(OFFER_MS, chain.name, ask(client.connection));
      leaving.push(client.destroy({ force: true }));
      const [leaf] = peers.splice(0);
      const isIn = how === 'in' || bytesSeen > 0 || leaf !== undefined;
      return { outcome: isIn ? 'accepted' : 'refused', refusals: refusals.splice(0), ...(leaf && { leaf }), how };
    },
    async close() {
      await Promise.allSettled(leaving);
      await server.stop({ force: true });
      await socket.stop({ force: true });
    },
  };
}

/** A QUIC client of this project that wants a cell at 127.0.0.1; the test is the server. */
export async function quicClientDoor(ca: Ca): Promise<Door> {
  const files = doorFiles(ca, 'client');
  let bytesSeen = 0;
  const good = doorFiles(ca, 'server');
  const server = new QUICServer({
    crypto: serverCrypto(),
    logger,
    config: { ...COMMON, verifyPeer: false, key: good.keyPem, cert: good.certPem },
  });
  server.addEventListener(events.EventQUICServerConnection.name, ({ detail }: { detail: QUICConnection }) =>
    answerStreams(detail, () => {
      bytesSeen++;
    }),
  );
  await server.start({ host: '127.0.0.1', port: 0 });
  const socket = new QUICSocket({ logger });
  await socket.start({ host: '127.0.0.1' });
  const leaving: Promise<unknown>[] = [];

  return {
    async offer(chain): Promise<Attempt> {
      const shown = shownFiles(chain);
      if (!isLoadable(shown)) return { outcome: 'not-offerable', refusals: [], how: 'quiche will not load it' };
      server.updateConfig(shown);
      bytesSeen = 0;
      const refusals: PeerRefusedError[] = [];
      const expect = { usage: 'server', roles: ['cell'], host: '127.0.0.1' } as const;
      try {
        const client = await within(
          OFFER_MS,
          chain.name,
          QUICClient.createQUICClient({
            host: '127.0.0.1',
            port: server.port,
            socket,
            crypto: clientCrypto,
            logger,
            config: { ...COMMON, ...quicPeerConfig(files, expect, (refused) => refusals.push(refused)) },
          }),
        );
        const how = await within(OFFER_MS, chain.name, ask(client.connection));
        leaving.push(client.destroy({ force: true }));
        const [shownLeaf = Buffer.of()] = client.connection.getRemoteCertsChain();
        return { outcome: 'accepted', refusals, leaf: leafOf(shownLeaf), how };
      } catch (error) {
        return { outcome: bytesSeen > 0 ? 'accepted' : 'refused', refusals, how: String(error) };
      }
    },
    async close() {
      await Promise.allSettled(leaving);
      await server.stop({ force: true });
      await socket.stop({ force: true });
    },
  };
}

function isConfigError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ErrorQUICConfig';
}

/**
 * Tries to load a certificate. A server loads its own only when a client comes, and fails where no
 * test sees it.
 */
function isLoadable(shown: { cert?: string; key?: string }): boolean {
  try {
    buildQuicheConfig({ ...serverDefault, ...shown });
    return true;
  } catch {
    return false;
  }
}
