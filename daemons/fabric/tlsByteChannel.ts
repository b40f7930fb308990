import type { TLSSocket } from 'node:tls';
import { betweenTurns, TURN_BYTES } from '../../base/bulkTurns.ts';
import { type ByteChannel, Inbox } from './controlLink.ts';

/**
 * The bytes of a TLS connection, which is read from now on. The owner of the socket watches for its
 * end.
 */
export class TlsByteChannel implements ByteChannel {
  readonly #socket: TLSSocket;
  readonly #inbox: Inbox;
  /** Bytes since the others had their turn. */
  #readInTurn = 0;
  #room: Promise<void> | undefined;

  /**
   * @param onFault called when the listener throws
   * @param early bytes that were read before
   */
  constructor(socket: TLSSocket, onFault: (why: string) => void, early: readonly Uint8Array[] = []) {
    this.#socket = socket;
    this.#inbox = new Inbox(onFault);
    for (const chunk of early) this.#inbox.deliver(chunk);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.resume();
  }

  receive(listener: (chunk: Uint8Array) => void): void {
    this.#inbox.receive(listener);
  }

  #onData(chunk: Buffer): void {
    const isOver = this.#readInTurn >= TURN_BYTES;
    this.#readInTurn += chunk.length;
    if (!isOver && this.#readInTurn >= TURN_BYTES) {
      this.#socket.pause();
      void betweenTurns().then(() => {
        this.#readInTurn = 0;
        this.#socket.resume();
      });
    }
    this.#inbox.deliver(chunk);
  }

  /** The chunks leave together. */
  write(...chunks: Uint8Array[]): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable) return Promise.reject(new Error('the link is closed'));
    socket.cork();
    let hasRoom = true;
    for (const chunk of chunks) hasRoom = socket.write(chunk);
    socket.uncork();
    if (hasRoom) return Promise.resolve();
    // One wait for all who wrote meanwhile.
    this.#room ??= this.#whenRoom().finally(() => {
      this.#room = undefined;
    });
    return this.#room;
  }

  #whenRoom(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const onDrain = () => {
        socket.off('close', onClose);
        resolve();
      };
      const onClose = () => {
        socket.off('drain', onDrain);
        reject(new Error('the link is closed'));
      };
      socket.once('drain', onDrain);
      socket.once('close', onClose);
    });
  }
}
