/**
 * Fabric control over mTLS on TCP, for machines where the QUIC binding does not load. One connection carries both streams: each frame's
 * body begins with the number of its channel.
 */
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
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
import { FrameReader, frameHead } from './frames.ts';
import { checkPeerChain, type PeerIdentity } from './peerCertificate.ts';
import { caDerFromPem } from './peerFiles.ts';
import { guardTlsServer, peerOf, peerRefusedByTls, tlsClientOptions, tlsServerOptions } from './peerTls.ts';

const CHANNEL = { rpc: 0, blobs: 1, bye: 2 } as const;
const MUX_BODY_BYTES_MAX = 256 * 1024;

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenControlTcp(options: ListenOptions): Promise<ControlListener> {
  const { host, port, trust, onLink, onRefused } = options;
  const links = new Set<TcpLink>();
  const server = createServer({
    ...tlsServerOptions(trust),
    ALPNProtocols: [FABRIC_ALPN],
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  guardTlsServer(server, {
    caPem: trust.caPem,
    roles: CONTROL_CLIENT_ROLES,
    onRefused: (refused, address) => onRefused(address ?? 'unknown', `${refused.reason}: ${refused.detail}`),
  });
  server.on('secureConnection', (socket) => {
    if (socket.destroyed) return;
    if (socket.alpnProtocol !== FABRIC_ALPN) {
      onRefused(remoteAddress(socket), `it does not speak ${FABRIC_ALPN}`);
      socket.destroy();
      return;
    }
    const link = new TcpLink(socket, peerOf(socket));
    links.add(link);
    void link.closed.then(() => links.delete(link));
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

/** Throws PeerRefused, or GrafosError `fabric_unreachable`. */
export async function dialControlTcp(options: DialOptions): Promise<ControlLink> {
  const { host, port, trust, timeoutMs } = options;
  const socket = connect({
    host,
    port,
    ...tlsClientOptions(trust, { roles: CONTROL_SERVER_ROLES }),
    ALPNProtocols: [FABRIC_ALPN],
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) });
    const leaf = socket.getPeerX509Certificate();
    const peer = checkPeerChain(leaf === undefined ? [] : [leaf.raw], {
      caDer: caDerFromPem(trust.caPem),
      usage: 'server',
      roles: CONTROL_SERVER_ROLES,
      host,
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return new TcpLink(socket, peer);
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    const refused = error instanceof Error ? peerRefusedByTls(error, 'server', socket.authorizationError) : undefined;
    throw refused ?? unreachable(host, port, error);
  }
}

const KEEP_ALIVE_MS = 5_000;

class TcpLink implements ControlLink {
  readonly transport = 'tcp';
  readonly peer: PeerIdentity;
  readonly address: string;
  readonly rpc: ByteChannel;
  readonly blobs: ByteChannel;
  readonly closed: Promise<string>;
  /** TLS 1.3 has no words for our check of the role: the socket just ends. */
  readonly refusal = undefined;
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
      else if (body[0] === CHANNEL.bye)
        this.#reason ??= `the other end closed: ${data.subarray(0, 200).toString('utf8')}`;
      else throw new Error(`a frame for channel ${body[0]}`);
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch (error) {
        this.close(error instanceof Error ? error.message : String(error));
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

function remoteAddress(socket: TLSSocket): string {
  return hostPort(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
}
