import { Readable } from 'node:stream';

/**
 * Time between pings, milliseconds. They keep proxies and HTTP/2 session timers from cutting a
 * quiet stream, and show a client that the daemon lives.
 */
export const PING_MS = 15_000;

const PING = ': ping\n\n';

/** Headers of an answer that is a stream of events. */
export const EVENT_STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // A proxy between, such as that of an editor in the browser, would compress and hold back events.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

export interface EventStreamOptions {
  pingMs?: number;
  /** Bytes that the reader may leave unread; without it, whoever sends bounds the events. */
  unread?: number;
  /** Called instead of sending when the reader leaves more unread. */
  tooSlow?: () => void;
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream extends Readable {
  readonly #options: EventStreamOptions;
  readonly #ping: NodeJS.Timeout;
  #isFinished = false;

  constructor(options: EventStreamOptions = {}) {
    super();
    this.#options = options;
    this.#ping = setInterval(() => this.#write(PING), options.pingMs ?? PING_MS);
  }

  send({ event, data }: { event: string; data: unknown }): void {
    this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends an event whose data comes in pieces, which together are one line. */
  sendPieces(event: string, pieces: Iterable<Uint8Array | string>): void {
    if (this.#isFinished || this.destroyed) return;
    this.push(`event: ${event}\ndata: `);
    for (const piece of pieces) this.push(piece);
    this.push('\n\n');
  }

  /** Ends the stream after an event that is sent even to a slow reader. */
  finish(last?: { event: string; data: unknown }): void {
    if (this.#isFinished || this.destroyed) return;
    if (last !== undefined) this.push(`event: ${last.event}\ndata: ${JSON.stringify(last.data)}\n\n`);
    this.#isFinished = true;
    clearInterval(this.#ping);
    this.push(null);
  }

  #write(text: string): void {
    if (this.#isFinished || this.destroyed) return;
    const { unread, tooSlow } = this.#options;
    if (unread !== undefined && this.readableLength > unread) tooSlow?.();
    else this.push(text);
  }

  override _read(): void {}

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#ping);
    done(error);
  }
}
