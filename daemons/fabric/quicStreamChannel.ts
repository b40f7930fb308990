import { type ByteChannel, Inbox } from './controlLink.ts';

/** The part of the library's stream that a channel needs. */
interface QuicStream {
  readonly readable: AsyncIterable<Uint8Array>;
  readonly writable: { getWriter(): WritableStreamDefaultWriter<Uint8Array> };
}

/** A stream of QUIC as a channel of bytes. */
export class QuicStreamChannel implements ByteChannel {
  readonly #inbox: Inbox;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: QuicStream, onFault: (why: string) => void) {
    this.#inbox = new Inbox(onFault);
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(ignore);
    this.#read(stream).catch(ignore);
  }

  receive(listener: (chunk: Uint8Array) => void): void {
    this.#inbox.receive(listener);
  }

  write(...chunks: Uint8Array[]): Promise<void> {
    const [first] = chunks;
    return this.#writer.write(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
  }

  async #read(stream: QuicStream): Promise<void> {
    for await (const chunk of stream.readable) this.#inbox.deliver(chunk);
  }
}

function ignore(): void {}
