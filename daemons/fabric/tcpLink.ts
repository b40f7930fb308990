import type { TLSSocket } from 'node:tls';
import type { PeerIdentity } from '../peers/peerCertificate.ts';
import { FrameReader, frameHead } from '../streams/frames.ts';
import { type ByteChannel, type ControlLink, Inbox } from './controlLink.ts';
import { TlsByteChannel } from './tlsByteChannel.ts';

const CHANNEL = { rpc: 0, blobs: 1, bye: 2 } as const;
const MUX_BODY_BYTES_MAX = 256 * 1024;

/**
 * A link of fabric control on one TLS connection.
 *
 * The connection carries both streams: each frame's body begins with the number of its channel.
 */
export class TcpLink implements ControlLink {
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
