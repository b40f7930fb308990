/**
 * Fabric control over QUIC: the only file that knows `@matrixai/quic`.
 *
 * A client opens two bidirectional streams and no more, which live as long as the connection.
 * Stream 0 carries the messages, stream 4 the token of the TCP connection that carries the blobs.
 * The library moves some 10 MiB/s at the price of a whole core, and messages wait behind them
 * (docs/adr/0016-blobs-beside-quic.md).
 */
import { webcrypto } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { events, QUICClient, QUICServer, QUICSocket } from '@matrixai/quic';
import { GrafosError } from '../../base/grafosError.ts';
import { hostPort } from '../../base/hostPort.ts';
import { boundQuicHandshakes } from '../doors/boundQuicHandshakes.ts';
import { DOOR_LIMITS } from '../doors/doorLimits.ts';
import type { PeerIdentity } from '../peers/peerCertificate.ts';
import { peerRefusedByQuic, quicPeerConfig, quicPeerOf } from '../peers/peerQuic.ts';
import { PeerRefusedError } from '../peers/peerRefused.ts';
import { FrameInvalidError } from '../streams/frames.ts';
import { FABRIC_ALPN } from '../wire/fabricControl.ts';
import { BlobPairing, type LinkToken } from './blobPairing.ts';
import { BLOB_ALPN, BlobTokenReader, blobTokenFrame } from './blobToken.ts';
import {
  type ByteChannel,
  CONTROL_CLIENT_ROLES,
  CONTROL_SERVER_ROLES,
  type ControlLink,
  type ControlListener,
  type DialOptions,
  type ListenOptions,
  unreachable,
} from './controlLink.ts';
import { dialControlTls, listenControlTls, type OnTlsSocket } from './controlTls.ts';
import { LateChannel } from './lateChannel.ts';
import { lightenPackets } from './quicPackets.ts';
import { QuicStreamChannel } from './quicStreamChannel.ts';
import { createQuicTokenKey } from './quicTokenKey.ts';
import { samePort } from './samePort.ts';
import { TcpLink } from './tcpLink.ts';
import { TlsByteChannel } from './tlsByteChannel.ts';

type Connection = QUICClient['connection'];
type Logger = NonNullable<ConstructorParameters<typeof QUICServer>[0]['logger']>;

/**
 * A silent logger. The library's own logger writes some lines to stderr for every packet of a
 * handshake.
 */
const silent = {
  getChild: () => silent,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
} as unknown as Logger;

type Stream = ReturnType<Connection['newStream']>;

const RPC_STREAM = 0;
const TOKEN_STREAM = 4;
const STREAMS = 2;

/**
 * Time after the last packet of a peer at which the connection ends, milliseconds. A killed peer
 * sends nothing. Pings keep an idle connection alive.
 */
const IDLE_MS = 10_000;
const PING_MS = 3_000;
/**
 * Time that a port waits for its goodbye to be sent, milliseconds. The library would wait out the
 * drain of RFC 9000 section 10.2, about 100 ms.
 */
const GOODBYE_MS = 20;
/**
 * Time that QUIC has to bring the reason when the end of TCP is seen first, milliseconds. The
 * closing side ends both connections.
 */
const REASON_MS = 500;

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenControlQuic(options: ListenOptions): Promise<ControlListener> {
  const { host, trust, onLink, onRefused, alsoTcp = false } = options;
  const expect = { usage: 'client', roles: CONTROL_CLIENT_ROLES } as const;
  const links = new Set<ControlLink>();
  const hold = (link: ControlLink) => {
    links.add(link);
    void link.closed.then(() => links.delete(link));
    return link;
  };
  const pairing = new BlobPairing(onRefused);
  const protocols = new Map<string, OnTlsSocket>([[BLOB_ALPN, (...accepted) => pairing.addSocket(...accepted)]]);
  if (alsoTcp) protocols.set(FABRIC_ALPN, (...accepted) => onLink(hold(new TcpLink(...accepted))));
  const [{ socket, port }, blobs] = await samePort(
    options.port,
    (wanted) => bindUdp(host, wanted),
    (wanted) =>
      listenControlTls({
        host,
        port: wanted,
        trust,
        protocols,
        onRefused,
      }),
  );
  const server = new QUICServer({
    socket,
    logger: silent,
    crypto: createQuicTokenKey(),
    config: {
      ...transportConfig(host),
      ...quicPeerConfig(trust, expect, (refused) => onRefused('unknown', `${refused.reason}: ${refused.detail}`)),
    },
    minIdleTimeout: DOOR_LIMITS.quicHandshakeMs,
  });
  boundQuicHandshakes(socket);
  server.addEventListener(events.EventQUICServerConnection.name, (event: { detail: Connection }) => {
    const connection = event.detail;
    const address = hostPort(connection.remoteHost, connection.remotePort);
    let peer: PeerIdentity;
    try {
      peer = quicPeerOf(connection, trust, expect);
    } catch (error) {
      onRefused(address, error instanceof PeerRefusedError ? `${error.reason}: ${error.detail}` : String(error));
      connection.stop({ force: true }).catch(ignore);
      return;
    }
    const link = new QuicLink(connection, peer, address);
    hold(link);
    link.acceptStreams(pairing.addLink(link));
    onLink(link);
  });
  try {
    await server.start();
  } catch (error) {
    await Promise.all([socket.stop({ force: true }), blobs.close(0)]);
    throw error;
  }
  return {
    address: hostPort(host, port),
    close: async (reason) => {
      for (const link of links) link.close(reason);
      pairing.close();
      const stopped = server.stop({ force: true, reason: Buffer.from(reason).subarray(0, REASON_BYTES_MAX) });
      const udpClosed = atMost(
        GOODBYE_MS,
        stopped.finally(() => socket.stop({ force: true })),
      );
      await Promise.all([udpClosed, blobs.close(0)]);
    },
  };
}

async function bindUdp(host: string, port: number) {
  const socket = new GuardedSocket({ logger: silent });
  await socket.start({ host, port });
  return { socket, port: socket.port as number, close: () => socket.stop({ force: true }) };
}

/**
 * Opens a link. The connection counts only when the cell has answered on it: it may still be
 * refused.
 *
 * @throws {PeerRefusedError}
 * @throws {GrafosError} fabric_unreachable
 */
export async function dialControlQuic(options: DialOptions): Promise<ControlLink> {
  const { host, port, trust, timeoutMs } = options;
  const givenUp = new AbortController();
  const { signal } = givenUp;
  const quic = dialQuic(options, signal);
  const tcp = dialControlTls({ host, port, alpn: BLOB_ALPN, trust, timeoutMs, signal }).catch((error: unknown) => {
    throw error instanceof PeerRefusedError ? error : tcpUnreachable(host, port, error);
  });
  const ended = quic.then(async (link): Promise<never> => {
    const why = await link.closed;
    throw link.refusal ?? unreachable(host, port, new Error(why));
  });
  try {
    const [link, blobs] = await Promise.race([Promise.all([quic, tcp]), ended]);
    if (link.isClosing) return await ended;
    const { peer } = link;
    if (blobs.peer.x5tS256 !== peer.x5tS256) {
      const why = `at ${hostPort(host, port)} UDP is the cell ${peer.name}, and TCP shows another certificate, of ${blobs.peer.name}`;
      throw new PeerRefusedError('client_certificate_unfit', why, 'server');
    }
    link.openStreams(blobs.socket);
    return link;
  } catch (error) {
    givenUp.abort();
    quic.then((link) => link.close('TCP to the cell failed')).catch(ignore);
    tcp.then(({ socket }) => socket.destroy()).catch(ignore);
    throw error;
  }
}

/** The link is not open yet, and may end before it is. */
async function dialQuic({ host, port, trust, timeoutMs }: DialOptions, signal: AbortSignal): Promise<QuicLink> {
  const expect = { usage: 'server', roles: CONTROL_SERVER_ROLES, host } as const;
  let refused: PeerRefusedError | undefined;
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
      { timer: timeoutMs, signal },
    );
    void client.closedP.then(() => socket.stop({ force: true }).catch(ignore));
    const { connection } = client;
    return new QuicLink(connection, quicPeerOf(connection, trust, expect), hostPort(host, port));
  } catch (error) {
    socket.stop({ force: true }).catch(ignore);
    throw refused ?? unreachable(host, port, error);
  }
}

function tcpUnreachable(host: string, port: number, cause: unknown): GrafosError {
  return new GrafosError('fabric_unreachable', `Cannot reach the cell at ${hostPort(host, port)} over TCP.`, {
    why: cause instanceof Error ? cause.message : String(cause),
    next: `See whether fabricbiosd runs there, \`grafos dev status\` or \`grafos dev doctor\`, and that no firewall keeps TCP from port ${port}: beside QUIC a cell needs the TCP port of the same number.`,
    cause,
  });
}

/**
 * Drops packets that the library cannot read. Otherwise its handler rejects where nothing catches
 * it, which ends the process.
 */
class GuardedSocket extends QUICSocket {
  constructor(options: ConstructorParameters<typeof QUICSocket>[0]) {
    super(options);
    const handle = this.handleSocketMessage;
    this.handleSocketMessage = (data, from) => handle(data, from).catch(ignore);
  }
}

/**
 * Chooses the size of packets.
 *
 * On loopback a UDP packet may be as long as IPv4 allows, but the library makes a buffer of the
 * full size for every packet it looks for, several for each message. Just under 4 KiB they come
 * from Node's buffer pool: a run costs a third less than with 24 KB, and bulk is as fast. Elsewhere
 * a packet must fit an Ethernet frame.
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
    initialMaxStreamsBidi: STREAMS,
    initialMaxStreamsUni: 0,
    initialMaxData: 4 * 1024 * 1024,
    initialMaxStreamDataBidiLocal: 2 * 1024 * 1024,
    initialMaxStreamDataBidiRemote: 2 * 1024 * 1024,
    readableChunkSize: 64 * 1024,
  };
}

const REASON_BYTES_MAX = 200;
/** Application error code of every close from here. The reason is in words. */
const CLOSE_CODE = 1;

class QuicLink implements ControlLink {
  readonly transport = 'quic';
  readonly peer: PeerIdentity;
  readonly address: string;
  readonly closed: Promise<string>;
  refusal: PeerRefusedError | undefined;
  readonly #rpc = new LateChannel();
  readonly #blobs = new LateChannel();
  readonly #connection: Connection;
  #blobSocket: TLSSocket | undefined;
  #resolveClosed: (reason: string) => void = ignore;
  #reason: string | undefined;
  #reasonTimer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, peer: PeerIdentity, address: string) {
    this.#connection = connection;
    lightenPackets(connection, STREAMS);
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

  get isClosing(): boolean {
    return this.#reason !== undefined;
  }

  /** For the client: `blobSocket` is the TCP connection to the same cell. */
  openStreams(blobSocket: TLSSocket): void {
    const close = (why: string) => this.close(why);
    const frame = blobTokenFrame();
    this.#rpc.attach(new QuicStreamChannel(this.#connection.newStream('bidi'), close));
    const token = new QuicStreamChannel(this.#connection.newStream('bidi'), close);
    token.receive(() => {
      throw new FrameInvalidError(`bytes on stream ${TOKEN_STREAM}, which is for the client's token`);
    });
    token.write(frame).catch(ignore);
    blobSocket.write(frame);
    this.attachBlobs(blobSocket, []);
  }

  /**
   * Accepts streams. One can have come with the packet that ended the handshake, before there was a
   * listener.
   */
  acceptStreams(token: LinkToken): void {
    const seen = new Set<number>();
    const accept = (stream: Stream) => {
      if (seen.has(stream.streamId)) return;
      seen.add(stream.streamId);
      if (stream.streamId === RPC_STREAM) this.#rpc.attach(new QuicStreamChannel(stream, (why) => this.close(why)));
      else if (stream.streamId === TOKEN_STREAM) this.#readToken(stream, token);
      else this.close(`stream ${stream.streamId} is not one of the two`);
    };
    this.#connection.addEventListener(events.EventQUICConnectionStream.name, (event: { detail: Stream }) => {
      accept(event.detail);
    });
    // Internal to the library, and the only place where such a stream can be found.
    const { streamMap } = this.#connection as unknown as { streamMap: Map<number, Stream> };
    for (const stream of streamMap.values()) accept(stream);
  }

  #readToken(stream: Stream, token: LinkToken): void {
    const reader = new BlobTokenReader();
    let isShown = false;
    const channel = new QuicStreamChannel(stream, (why) => {
      token.invalid(why);
      this.close(why);
    });
    channel.receive((chunk) => {
      const first = isShown ? undefined : reader.push(chunk);
      if (isShown || (first !== undefined && first.rest.length > 0)) {
        throw new FrameInvalidError(`more than a token on stream ${TOKEN_STREAM}`);
      }
      if (first === undefined) return;
      isShown = true;
      token.shown(first.token);
    });
  }

  attachBlobs(socket: TLSSocket, early: readonly Uint8Array[]): void {
    socket.on('error', ignore);
    if (this.#reason !== undefined) {
      socket.destroy();
      return;
    }
    this.#blobSocket = socket;
    this.#blobs.attach(new TlsByteChannel(socket, (why) => this.close(why), early));
    socket.on('end', () => socket.destroy());
    if (socket.destroyed) this.#onBlobsEnded(socket);
    else socket.on('close', () => this.#onBlobsEnded(socket));
  }

  #onBlobsEnded(socket: TLSSocket): void {
    this.#blobs.end();
    if (this.#reason !== undefined) return;
    const why = socket.errored === null ? '' : `: ${socket.errored.message}`;
    this.#reasonTimer = setTimeout(() => this.close(`the TCP connection for blobs ended${why}`), REASON_MS);
  }

  close(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const text = Buffer.from(reason).subarray(0, REASON_BYTES_MAX);
    // The close is not awaited: the library resolves only after the drain, which we do not need.
    this.#connection.stop({ isApp: true, errorCode: CLOSE_CODE, reason: text, force: true }).catch(ignore);
    setImmediate(() => this.#end(reason));
  }

  #end(reason: string): void {
    this.#reason ??= reason;
    clearTimeout(this.#reasonTimer);
    this.#rpc.end();
    this.#blobs.end();
    this.#blobSocket?.destroy();
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

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(ignore), patience]);
  clearTimeout(timer);
}

function ignore(): void {}
