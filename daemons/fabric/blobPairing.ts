/**
 * The cell's end of blobs beside QUIC.
 *
 * It joins the QUIC link and the TCP connection that present the same token. Either may come first.
 * A half waits alone for a short while and is then turned away. It is never joined with a half of
 * another certificate, whatever the token.
 */
import type { TLSSocket } from 'node:tls';
import type { PeerIdentity } from '../peers/peerCertificate.ts';
import { BlobTokenReader } from './blobToken.ts';

/** Time that a half waits for the other, and for its own token, milliseconds. */
const WAIT_MS = 5_000;
/**
 * Halves of one kind that may wait for one certificate. A scheduler has one link to a cell, and two
 * while it reconnects.
 */
const WAITING_MAX = 32;
/** Bytes that a socket may send before its link is there, roughly. More stays in the kernel. */
const EARLY_BYTES_MAX = 256 * 1024;

export interface PairableLink {
  readonly peer: PeerIdentity;
  readonly address: string;
  readonly closed: Promise<string>;
  /** Called once. `early` came before. */
  attachBlobs(socket: TLSSocket, early: readonly Uint8Array[]): void;
  close(reason: string): void;
}

/** The receiver of a link's token, from the stream on which it is due. */
export interface LinkToken {
  shown(token: string): void;
  /** Something else was there. */
  invalid(why: string): void;
}

interface Waiting {
  readonly peer: PeerIdentity;
  readonly address: string;
  /** Token and certificate, once the token is known. */
  key?: string;
  timer?: NodeJS.Timeout;
  end(why: string): void;
}

interface LinkHalf extends Waiting {
  readonly kind: 'link';
  readonly link: PairableLink;
}

interface SocketHalf extends Waiting {
  readonly kind: 'socket';
  readonly socket: TLSSocket;
  readonly early: Uint8Array[];
  /** Takes our listeners off the socket. */
  release(): void;
}

type Half = LinkHalf | SocketHalf;

export class BlobPairing {
  readonly #onRefused: (address: string, why: string) => void;
  readonly #waiting = new Set<Half>();
  readonly #links = new Map<string, LinkHalf>();
  readonly #sockets = new Map<string, SocketHalf>();
  /** Keys of the links that have their blobs and live. */
  readonly #paired = new Set<string>();

  constructor(onRefused: (address: string, why: string) => void) {
    this.#onRefused = onRefused;
  }

  /**
   * Adds a link.
   *
   * @returns the receiver of the link's token
   */
  addLink(link: PairableLink): LinkToken {
    const { peer, address } = link;
    const half: LinkHalf = { kind: 'link', link, peer, address, end: (why) => link.close(why) };
    this.#admit(half, `no connection for blobs came within ${WAIT_MS / 1000} s, on the TCP port of the same number`);
    void link.closed.then(() => this.#forget(half));
    return {
      shown: (token) => this.#meet(half, token),
      invalid: (why) => this.#refuse(half, why),
    };
  }

  /** Takes the socket over, from its first byte. */
  addSocket(socket: TLSSocket, peer: PeerIdentity, address: string): void {
    const reader = new BlobTokenReader();
    const early: Uint8Array[] = [];
    let earlyBytes = 0;
    const keep = (chunk: Uint8Array): void => {
      if (chunk.length === 0) return;
      early.push(chunk);
      earlyBytes += chunk.length;
      if (earlyBytes >= EARLY_BYTES_MAX) socket.pause();
    };
    const onData = (chunk: Buffer): void => {
      if (half.key !== undefined) {
        keep(chunk);
        return;
      }
      try {
        const first = reader.push(chunk);
        if (first === undefined) return;
        keep(first.rest);
        this.#meet(half, first.token);
      } catch (error) {
        this.#refuse(half, error instanceof Error ? error.message : String(error));
      }
    };
    const onClose = (): void => this.#forget(half);
    const half: SocketHalf = {
      kind: 'socket',
      socket,
      peer,
      address,
      early,
      end: () => socket.destroy(),
      release: () => {
        socket.off('data', onData);
        socket.off('close', onClose);
      },
    };
    socket.on('error', ignore);
    if (!this.#admit(half, `no link showed its token within ${WAIT_MS / 1000} s`)) return;
    socket.on('close', onClose);
    socket.on('data', onData);
  }

  /** Forgets who waits; their connections are the caller's to close. */
  close(): void {
    for (const half of this.#waiting) this.#forget(half);
  }

  #admit(half: Half, tooLate: string): boolean {
    const { kind, peer } = half;
    let others = 0;
    for (const other of this.#waiting) if (other.kind === kind && other.peer.x5tS256 === peer.x5tS256) others++;
    this.#waiting.add(half);
    if (others >= WAITING_MAX) {
      this.#refuse(half, `${others} others of its certificate wait for their other half`);
      return false;
    }
    half.timer = setTimeout(() => this.#refuse(half, half.key === undefined ? 'it showed no token' : tooLate), WAIT_MS);
    half.timer.unref();
    return true;
  }

  #meet(half: Half, token: string): void {
    if (!this.#waiting.has(half)) return;
    const key = `${token} ${half.peer.x5tS256}`;
    const own = half.kind === 'link' ? this.#links : this.#sockets;
    if (this.#paired.has(key) || own.has(key)) {
      this.#refuse(half, 'its token was shown before');
      return;
    }
    half.key = key;
    if (half.kind === 'link') {
      const socket = this.#sockets.get(key);
      if (socket === undefined) this.#links.set(key, half);
      else this.#join(key, half, socket);
    } else {
      const link = this.#links.get(key);
      if (link === undefined) this.#sockets.set(key, half);
      else this.#join(key, link, half);
    }
  }

  #join(key: string, link: LinkHalf, socket: SocketHalf): void {
    this.#forget(link);
    this.#forget(socket);
    this.#paired.add(key);
    void link.link.closed.then(() => this.#paired.delete(key));
    socket.release();
    link.link.attachBlobs(socket.socket, socket.early);
  }

  #refuse(half: Half, why: string): void {
    if (!this.#waiting.has(half)) return;
    this.#forget(half);
    this.#onRefused(half.address, why);
    half.end(why);
  }

  #forget(half: Half): void {
    clearTimeout(half.timer);
    if (!this.#waiting.delete(half) || half.key === undefined) return;
    (half.kind === 'link' ? this.#links : this.#sockets).delete(half.key);
  }
}

function ignore(): void {}
