/**
 * Fabric control over mTLS on TCP, for machines where the QUIC binding does not load. One connection carries both streams: each frame's
 * body begins with the number of its channel.
 */
import type { TLSSocket } from 'node:tls';
import {
  type ByteChannel,
  type ControlLink,
  type ControlListener,
  type DialOptions,
  hostPort,
  Inbox,
  type ListenOptions,
  unreachable,
} from './controlLink.ts';
import { dialControlTls, listenControlTls } from './controlTls.ts';
import { FABRIC_ALPN } from './fabricControl.ts';
import { FrameReader, frameHead } from './frames.ts';
import type { PeerIdentity } from './peerCertificate.ts';
import { PeerRefused } from './peerRefused.ts';
import { TlsByteChannel } from './tlsByteChannel.ts';

const CHANNEL = { rpc: 0, blobs: 1, bye: 2 } as const;
const MUX_BODY_BYTES_MAX = 256 * 1024;
/** How long a port waits for its goodbyes to be taken. */
const GOODBYE_MS = 1_000;

/** Throws the system's error (`EADDRINUSE` and its like). */
export async function listenControlTcp(options: ListenOptions): Promise<ControlListener> {
  const { host, port, trust, onLink, onRefused } = options;
  const links = new Set<TcpLink>();
  const listener = await listenControlTls({
    host,
    port,
    alpn: FABRIC_ALPN,
    trust,
    onSocket: (socket, peer, address) => {
      const link = new TcpLink(socket, peer, address);
      links.add(link);
      void link.closed.then(() => links.delete(link));
      onLink(link);
    },
    onRefused,
  });
  return {
    address: hostPort(host, listener.port),
    close: async (reason) => {
      for (const link of links) link.close(reason);
      await listener.close(GOODBYE_MS);
    },
  };
}

/** Throws PeerRefused, or GrafosError `fabric_unreachable`. */
export async function dialControlTcp(options: DialOptions): Promise<ControlLink> {
  const { host, port } = options;
  try {
    const { socket, peer } = await dialControlTls({ ...options, alpn: FABRIC_ALPN });
    return new TcpLink(socket, peer, hostPort(host, port));
  } catch (error) {
    throw error instanceof PeerRefused ? error : unreachable(host, port, error);
  }
}

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
  readonly #channel: TlsByteChannel;
  #reason: string | undefined;

  constructor(socket: TLSSocket, peer: PeerIdentity, address: string) {
    this.#socket = socket;
    this.peer = peer;
    this.address = address;
    const rpc = new Inbox((why) => this.close(why));
    const blobs = new Inbox((why) => this.close(why));
    this.rpc = { receive: (listener) => rpc.receive(listener), write: (...chunks) => this.#write(CHANNEL.rpc, chunks) };
    this.blobs = {
      receive: (listener) => blobs.receive(listener),
      write: (...chunks) => this.#write(CHANNEL.blobs, chunks),
    };
    const frames = new FrameReader(MUX_BODY_BYTES_MAX, (body) => {
      const data = body.subarray(1);
      if (body[0] === CHANNEL.rpc) rpc.deliver(data);
      else if (body[0] === CHANNEL.blobs) blobs.deliver(data);
      else if (body[0] === CHANNEL.bye)
        this.#reason ??= `the other end closed: ${data.subarray(0, 200).toString('utf8')}`;
      else throw new Error(`a frame for channel ${body[0]}`);
    });
    this.#channel = new TlsByteChannel(socket, (why) => this.close(why));
    this.#channel.receive((chunk) => frames.push(chunk));
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

  #write(channel: number, chunks: readonly Uint8Array[]): Promise<void> {
    const frames: Uint8Array[] = [];
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += MUX_BODY_BYTES_MAX - 1) {
        const piece = chunk.subarray(at, at + MUX_BODY_BYTES_MAX - 1);
        frames.push(frameHead(piece.length + 1, Uint8Array.of(channel)), piece);
      }
    }
    return this.#channel.write(...frames);
  }
}
