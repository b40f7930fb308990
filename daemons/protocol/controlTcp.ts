/**
 * Fabric control over mTLS on TCP, for machines where the QUIC binding does not load. One connection carries both streams: each frame's
 * body begins with the number of its channel.
 */
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import {
  type ByteChannel,
  type ControlLink,
  type ControlListener,
  type DialOptions,
  hostPort,
  Inbox,
  type ListenOptions,
} from './controlLink.ts';
import { controlPeer } from './controlPeer.ts';
import { FABRIC_ALPN } from './fabricControl.ts';
import { FrameReader, frameHead } from './frames.ts';
import { GrafosError } from './grafosError.ts';
import type { PeerIdentity } from './peerCertificate.ts';

const CHANNEL = { rpc: 0, blobs: 1, bye: 2 } as const;
const MUX_BODY_BYTES_MAX = 256 * 1024;
const HANDSHAKE_MS = 5_000;

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenControlTcp(options: ListenOptions): Promise<ControlListener> {
  const { host, port, trust, onLink, onRefused } = options;
  const peer = controlPeer(trust.caPem);
  const links = new Set<TcpLink>();
  const server = createServer({
    ca: trust.caPem,
    cert: trust.certPem,
    key: trust.keyPem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [FABRIC_ALPN],
    handshakeTimeout: HANDSHAKE_MS,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 5_000,
  });
  server.on('tlsClientError', (error, socket) => onRefused(remoteAddress(socket), error.message));
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    let identity: PeerIdentity;
    try {
      identity = peer.client(presentedChain(socket));
    } catch (error) {
      onRefused(remoteAddress(socket), whyOf(error));
      socket.destroy();
      return;
    }
    if (socket.alpnProtocol !== FABRIC_ALPN) {
      onRefused(remoteAddress(socket), `it does not speak ${FABRIC_ALPN}`);
      socket.destroy();
      return;
    }
    const link = new TcpLink(socket, identity);
    links.add(link);
    link.closed.then(() => links.delete(link));
    onLink(link);
  });
  server.listen(port, host);
  await once(server, 'listening');
  server.on('error', (error) => onRefused('listener', error.message));
  const bound = server.address();
  return {
    address: hostPort(host, typeof bound === 'object' && bound !== null ? bound.port : port),
    close: async (reason) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.close(reason);
      await closed;
    },
  };
}

/** Throws GrafosError `fabric_unreachable` or PeerRefused. */
export async function dialControlTcp(options: DialOptions): Promise<ControlLink> {
  const { host, port, trust, timeoutMs } = options;
  const peer = controlPeer(trust.caPem);
  const socket = connect({
    host,
    port,
    ca: trust.caPem,
    cert: trust.certPem,
    key: trust.keyPem,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [FABRIC_ALPN],
    rejectUnauthorized: true,
    // The name is judged by checkPeerChain, as it is on QUIC.
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) });
    const identity = peer.server(presentedChain(socket), host);
    socket.on('error', () => {});
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 5_000);
    return new TcpLink(socket, identity);
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    if (error instanceof GrafosError) throw error;
    throw new GrafosError('unreachable', 'fabric_unreachable', `Cannot connect to the cell at ${hostPort(host, port)}.`, {
      why: whyOf(error),
      cause: error,
    });
  }
}

class TcpLink implements ControlLink {
  readonly transport = 'tcp';
  readonly peer: PeerIdentity;
  readonly address: string;
  readonly rpc: ByteChannel;
  readonly blobs: ByteChannel;
  readonly closed: Promise<string>;
  readonly #socket: TLSSocket;
  #reason: string | undefined;

  constructor(socket: TLSSocket, peer: PeerIdentity) {
    this.#socket = socket;
    this.peer = peer;
    this.address = remoteAddress(socket);
    const rpc = new Inbox((why) => this.close(why));
    const blobs = new Inbox((why) => this.close(why));
    this.rpc = { receive: (listener) => rpc.receive(listener), write: (chunk) => this.#write(CHANNEL.rpc, chunk) };
    this.blobs = {
      receive: (listener) => blobs.receive(listener),
      write: (chunk) => this.#write(CHANNEL.blobs, chunk),
    };
    const frames = new FrameReader(MUX_BODY_BYTES_MAX, (body) => {
      const data = body.subarray(1);
      if (body[0] === CHANNEL.rpc) rpc.deliver(data);
      else if (body[0] === CHANNEL.blobs) blobs.deliver(data);
      else if (body[0] === CHANNEL.bye) this.#reason ??= `the other end closed: ${data.subarray(0, 200).toString('utf8')}`;
      else throw new Error(`a frame for channel ${body[0]}`);
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch (error) {
        this.close(whyOf(error));
      }
    });
    socket.on('end', () => socket.end());
    socket.on('error', (error) => {
      this.#reason ??= error.message;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve(this.#reason ?? 'the other end closed the connection'));
    });
  }

  close(reason: string): void {
    if (this.#reason !== undefined || this.#socket.destroyed) return;
    this.#reason = reason;
    const text = Buffer.from(reason).subarray(0, 200);
    this.#socket.write(Buffer.concat([frameHead(text.length + 1, Uint8Array.of(CHANNEL.bye)), text]));
    this.#socket.destroySoon();
  }

  #write(channel: number, chunk: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable) return Promise.reject(new Error('the link is closed'));
    socket.cork();
    let hasRoom = true;
    for (let at = 0; at < chunk.length; at += MUX_BODY_BYTES_MAX - 1) {
      const piece = chunk.subarray(at, at + MUX_BODY_BYTES_MAX - 1);
      socket.write(frameHead(piece.length + 1, Uint8Array.of(channel)));
      hasRoom = socket.write(piece);
    }
    socket.uncork();
    return hasRoom ? Promise.resolve() : this.#room();
  }

  #room(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const done = () => {
        socket.off('drain', onDrain);
        socket.off('close', onClose);
      };
      const onDrain = () => {
        done();
        resolve();
      };
      const onClose = () => {
        done();
        reject(new Error('the link is closed'));
      };
      socket.once('drain', onDrain);
      socket.once('close', onClose);
    });
  }
}

/** Leaf first, as the peer sent it. Node links each certificate to its issuer, the root to itself. */
function presentedChain(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  const seen = new Set<string>();
  let certificate = socket.getPeerCertificate(true);
  while (certificate?.raw !== undefined && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function remoteAddress(socket: TLSSocket): string {
  return hostPort(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
}

function whyOf(error: unknown): string {
  if (error instanceof GrafosError && error.why !== undefined) return `${error.message} ${error.why}`;
  return error instanceof Error ? error.message : String(error);
}
