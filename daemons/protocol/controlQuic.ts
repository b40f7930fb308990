/**
 * Fabric control over QUIC: the only file that knows `@matrixai/quic`. A client opens two bidirectional streams and no more, messages
 * on the first (stream 0) and blobs on the second (stream 4); they live as long as the connection.
 */
import { createHmac, randomBytes, timingSafeEqual, webcrypto } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { events, QUICClient, QUICServer, QUICSocket } from '@matrixai/quic';
import {
  type ByteChannel,
  CONTROL_CLIENT_ROLES,
  CONTROL_SERVER_ROLES,
  type ControlLink,
  type ControlListener,
  type DialOptions,
  hostPort,
  Inbox,
  type ListenOptions,
  unreachable,
} from './controlLink.ts';
import { FABRIC_ALPN } from './fabricControl.ts';
import type { PeerIdentity } from './peerCertificate.ts';
import { peerRefusedByQuic, quicPeerConfig, quicPeerOf } from './peerQuic.ts';
import { PeerRefused } from './peerRefused.ts';

type Connection = QUICClient['connection'];
type Logger = NonNullable<ConstructorParameters<typeof QUICServer>[0]['logger']>;

/** The library's own logger writes to stderr when it is not given another, some lines for every packet of a handshake. */
const silent = {
  getChild: () => silent,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
} as unknown as Logger;

type Stream = ReturnType<Connection['newStream']>;

const RPC_STREAM = 0;
const BLOB_STREAM = 4;

/** A killed peer sends nothing: this long after its last packet the connection ends. Pings keep an idle one alive. */
const IDLE_MS = 10_000;
const PING_MS = 3_000;
const HANDSHAKE_MS = 5_000;
/** How long a port waits for its goodbye to be sent. The library would wait out the drain of RFC 9000 section 10.2, about 100 ms. */
const GOODBYE_MS = 20;

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenControlQuic(options: ListenOptions): Promise<ControlListener> {
  const { host, port, trust, onLink, onRefused } = options;
  const expect = { usage: 'client', roles: CONTROL_CLIENT_ROLES } as const;
  const links = new Set<QuicLink>();
  const socket = new GuardedSocket({ logger: silent });
  const server = new QUICServer({
    socket,
    logger: silent,
    crypto: tokenCrypto(),
    config: {
      ...transportConfig(host),
      ...quicPeerConfig(trust, expect, (refused) => onRefused('unknown', `${refused.reason}: ${refused.detail}`)),
    },
    minIdleTimeout: HANDSHAKE_MS,
  });
  server.addEventListener(events.EventQUICServerConnection.name, (event: { detail: Connection }) => {
    const connection = event.detail;
    const address = hostPort(connection.remoteHost, connection.remotePort);
    let peer: PeerIdentity;
    try {
      peer = quicPeerOf(connection, trust, expect);
    } catch (error) {
      onRefused(address, error instanceof PeerRefused ? `${error.reason}: ${error.detail}` : String(error));
      connection.stop({ force: true }).catch(ignore);
      return;
    }
    const link = new QuicLink(connection, peer, address);
    links.add(link);
    void link.closed.then(() => links.delete(link));
    link.acceptStreams();
    onLink(link);
  });
  await socket.start({ host, port });
  await server.start();
  return {
    address: hostPort(host, server.port),
    close: async (reason) => {
      for (const link of links) link.close(reason);
      const stopped = server.stop({ force: true, reason: Buffer.from(reason).subarray(0, REASON_BYTES_MAX) });
      await atMost(
        GOODBYE_MS,
        stopped.finally(() => socket.stop({ force: true })),
      );
    },
  };
}

/** The connection counts only when the cell has answered on it: it may still be refused. Throws PeerRefused or GrafosError `fabric_unreachable`. */
export async function dialControlQuic(options: DialOptions): Promise<ControlLink> {
  const { host, port, trust, timeoutMs } = options;
  const expect = { usage: 'server', roles: CONTROL_SERVER_ROLES, host } as const;
  let refused: PeerRefused | undefined;
  const socket = new GuardedSocket({ logger: silent });
  try {
    await socket.start({ host: isIPv6(host) ? '::' : '0.0.0.0' });
    const client = await QUICClient.createQUICClient(
      {
        host,
        port,
        socket,
        logger: silent,
        crypto: {
          ops: { randomBytes: async (data: ArrayBuffer) => void webcrypto.getRandomValues(new Uint8Array(data)) },
        },
        config: {
          ...transportConfig(host),
          ...quicPeerConfig(trust, expect, (why) => {
            refused = why;
          }),
        },
      },
      { timer: timeoutMs },
    );
    void client.closedP.then(() => socket.stop({ force: true }).catch(ignore));
    const { connection } = client;
    const link = new QuicLink(connection, quicPeerOf(connection, trust, expect), hostPort(host, port));
    link.openStreams();
    return link;
  } catch (error) {
    socket.stop({ force: true }).catch(ignore);
    throw refused ?? unreachable(host, port, error);
  }
}

/** A packet the library cannot make sense of rejects in its handler, where nobody catches it, and would end the process: it is dropped. */
class GuardedSocket extends QUICSocket {
  constructor(options: ConstructorParameters<typeof QUICSocket>[0]) {
    super(options);
    const handle = this.handleSocketMessage;
    this.handleSocketMessage = (data, from) => handle(data, from).catch(ignore);
  }
}

/**
 * On loopback a UDP packet may be as long as IPv4 allows, but the library makes a buffer of the full size for every packet it looks for,
 * several for each message. Just under 4 KiB they come from Node's buffer pool: a run costs a third less than with 24 KB, and bulk is as fast.
 * Elsewhere a packet must fit an Ethernet frame.
 */
function transportConfig(host: string) {
  const isLoopback = host === '127.0.0.1' || host === '::1' || host === 'localhost';
  const payload = isLoopback ? 4_000 : 1_350;
  return {
    applicationProtos: [FABRIC_ALPN],
    maxRecvUdpPayloadSize: payload,
    maxSendUdpPayloadSize: payload,
    maxIdleTimeout: IDLE_MS,
    keepAliveIntervalTime: PING_MS,
    initialMaxStreamsBidi: 2,
    initialMaxStreamsUni: 0,
    initialMaxData: 16 * 1024 * 1024,
    initialMaxStreamDataBidiLocal: 8 * 1024 * 1024,
    initialMaxStreamDataBidiRemote: 8 * 1024 * 1024,
    readableChunkSize: 256 * 1024,
  };
}

/** Keys the connection ids and retry tokens of one listener. */
function tokenCrypto() {
  const key = exactBuffer(randomBytes(32));
  const mac = (secret: ArrayBuffer, data: ArrayBuffer) =>
    createHmac('sha256', new Uint8Array(secret)).update(new Uint8Array(data)).digest();
  return {
    key,
    ops: {
      sign: async (secret: ArrayBuffer, data: ArrayBuffer) => exactBuffer(mac(secret, data)),
      verify: async (secret: ArrayBuffer, data: ArrayBuffer, signature: ArrayBuffer) => {
        const expected = mac(secret, data);
        const given = new Uint8Array(signature);
        return given.length === expected.length && timingSafeEqual(expected, given);
      },
    },
  };
}

/** The library reads an ArrayBuffer from its beginning: a Buffer's pool must not come with it. */
function exactBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

const REASON_BYTES_MAX = 200;
/** Application error code of every close of ours; the reason is in words. */
const CLOSE_CODE = 1;

class QuicLink implements ControlLink {
  readonly transport = 'quic';
  readonly peer: PeerIdentity;
  readonly address: string;
  readonly closed: Promise<string>;
  refusal: PeerRefused | undefined;
  readonly #rpc = new QuicChannel((why) => this.close(why));
  readonly #blobs = new QuicChannel((why) => this.close(why));
  readonly #connection: Connection;
  #resolveClosed: (reason: string) => void = ignore;
  #reason: string | undefined;

  constructor(connection: Connection, peer: PeerIdentity, address: string) {
    this.#connection = connection;
    this.peer = peer;
    this.address = address;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    connection.addEventListener(events.EventQUICConnectionClose.name, (event: { detail: unknown }) => {
      this.#end(this.#reason ?? this.#whyClosed(event.detail));
    });
  }

  get rpc(): ByteChannel {
    return this.#rpc;
  }

  get blobs(): ByteChannel {
    return this.#blobs;
  }

  openStreams(): void {
    this.#rpc.attach(this.#connection.newStream('bidi'));
    this.#blobs.attach(this.#connection.newStream('bidi'));
  }

  /** A stream can have come with the packet that ended the handshake, before anybody could listen for it. */
  acceptStreams(): void {
    const accept = (stream: Stream) => {
      if (stream.streamId === RPC_STREAM) this.#rpc.attach(stream);
      else if (stream.streamId === BLOB_STREAM) this.#blobs.attach(stream);
      else this.close(`stream ${stream.streamId} is not one of the two`);
    };
    this.#connection.addEventListener(events.EventQUICConnectionStream.name, (event: { detail: Stream }) => {
      accept(event.detail);
    });
    // Internal to the library, and the only place where such a stream can be found.
    const { streamMap } = this.#connection as unknown as { streamMap: Map<number, Stream> };
    for (const stream of streamMap.values()) accept(stream);
  }

  close(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const text = Buffer.from(reason).subarray(0, REASON_BYTES_MAX);
    // Told at once: the library resolves only after the drain, and nothing of it is of use to us.
    this.#connection.stop({ isApp: true, errorCode: CLOSE_CODE, reason: text, force: true }).catch(ignore);
    setImmediate(() => this.#end(reason));
  }

  #end(reason: string): void {
    this.#reason ??= reason;
    this.#rpc.end();
    this.#blobs.end();
    this.#resolveClosed(reason);
  }

  #whyClosed(detail: unknown): string {
    const ended = this.#connection.getConnectionError();
    if (ended === undefined) return detail instanceof Error ? detail.message : 'the other end is silent';
    this.refusal = ended.isApp ? undefined : peerRefusedByQuic(ended.errorCode, 'client');
    if (this.refusal !== undefined) return `the other end refused our certificate: ${this.refusal.reason}`;
    const words = Buffer.from(ended.reason).toString('utf8');
    return `the other end closed: ${words === '' ? `code ${ended.errorCode}` : words}`;
  }
}

class QuicChannel implements ByteChannel {
  readonly #inbox: Inbox;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #attached: () => void = ignore;
  readonly #whenAttached: Promise<void>;
  #ended = false;

  constructor(onFault: (why: string) => void) {
    this.#inbox = new Inbox(onFault);
    this.#whenAttached = new Promise((resolve) => {
      this.#attached = resolve;
    });
  }

  attach(stream: Stream): void {
    if (this.#writer !== undefined) return;
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(ignore);
    this.#attached();
    this.#read(stream).catch(ignore);
  }

  receive(listener: (chunk: Uint8Array) => void): void {
    this.#inbox.receive(listener);
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#writer === undefined) await this.#whenAttached;
    if (this.#ended || this.#writer === undefined) throw new Error('the link is closed');
    await this.#writer.write(chunk);
  }

  end(): void {
    this.#ended = true;
    this.#attached();
  }

  async #read(stream: Stream): Promise<void> {
    for await (const chunk of stream.readable) this.#inbox.deliver(chunk);
  }
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(ignore), patience]);
  clearTimeout(timer);
}

function ignore(): void {}
