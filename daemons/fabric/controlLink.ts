import { GrafosError } from '../../base/grafosError.ts';
import { hostPort } from '../../base/hostPort.ts';
import type { PeerIdentity } from '../peers/peerCertificate.ts';
import type { PeerFiles } from '../peers/peerFiles.ts';
import type { PeerRefusedError } from '../peers/peerRefused.ts';
import type { PeerRole } from '../wire/peerRole.ts';

/** The roles on the asking side of fabric control. A scheduler asks, a cell answers. */
export const CONTROL_CLIENT_ROLES: readonly PeerRole[] = ['scheduler'];
export const CONTROL_SERVER_ROLES: readonly PeerRole[] = ['cell'];

/** One ordered stream of bytes, both ways. */
export interface ByteChannel {
  /**
   * Sets the one listener. Bytes that came before are passed at once, in order. A listener that
   * throws closes the link with the error's message.
   */
  receive(listener: (chunk: Uint8Array) => void): void;
  /**
   * Sends the chunks after one another. Resolves when the transport has room for more. Rejects when
   * the link is closed.
   */
  write(...chunks: Uint8Array[]): Promise<void>;
}

/** An authenticated connection of the fabric control protocol, over whatever transport. */
export interface ControlLink {
  readonly transport: 'quic' | 'tcp';
  readonly peer: PeerIdentity;
  /** host:port of the other end. */
  readonly address: string;
  /** JSON-RPC messages. */
  readonly rpc: ByteChannel;
  /** Bytes too long to go with a message. */
  readonly blobs: ByteChannel;
  /** Resolves, once, with why the link ended. Never rejects. */
  readonly closed: Promise<string>;
  /**
   * The refusal of our certificate by the other end. Set once the link is closed, where the
   * transport could see it.
   */
  readonly refusal: PeerRefusedError | undefined;
  /** `reason` goes to the other end where the transport carries one; at most 200 bytes of it. */
  close(reason: string): void;
}

export interface ControlListener {
  /** host:port, the port as given by the operating system. */
  readonly address: string;
  /** Closes every link with `reason`, and the port. */
  close(reason: string): Promise<void>;
}

export interface ListenOptions {
  host: string;
  port: number;
  trust: PeerFiles;
  onLink(link: ControlLink): void;
  /**
   * Takes links over TCP as well, on the same port number, for a client that no UDP reaches.
   *
   * Only the QUIC listener reads it.
   */
  alsoTcp?: boolean;
  /**
   * Called for a peer that was turned away, with its address and the reason. For the log and the
   * audit, never for the peer.
   */
  onRefused(address: string, why: string): void;
}

export interface DialOptions {
  host: string;
  port: number;
  trust: PeerFiles;
  /** Milliseconds for the whole handshake. */
  timeoutMs: number;
}

/** A channel that keeps what arrives before somebody listens. */
export class Inbox {
  #listener: ((chunk: Uint8Array) => void) | undefined;
  #early: Uint8Array[] = [];
  readonly #onFault: (why: string) => void;

  constructor(onFault: (why: string) => void) {
    this.#onFault = onFault;
  }

  deliver(chunk: Uint8Array): void {
    if (this.#listener === undefined) {
      this.#early.push(chunk);
      return;
    }
    try {
      this.#listener(chunk);
    } catch (error) {
      this.#onFault(error instanceof Error ? error.message : String(error));
    }
  }

  receive(listener: (chunk: Uint8Array) => void): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) this.deliver(chunk);
  }
}

export function unreachable(host: string, port: number, cause: unknown): GrafosError {
  return new GrafosError('fabric_unreachable', `Cannot reach the cell at ${hostPort(host, port)}.`, {
    why: cause instanceof Error ? cause.message : String(cause),
    next: 'See whether fabricbiosd runs there: `grafos dev status`, or `grafos dev doctor`.',
    cause,
  });
}
