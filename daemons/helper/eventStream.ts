import type { ServerResponse } from 'node:http';

/** Unread bytes above which a listener is dropped. It asks again and gets a fresh snapshot. */
const BACKLOG_LIMIT = 8 * 1024 * 1024;
/**
 * Time between heartbeats, milliseconds. It is below the server's own idle timeout, so that a quiet
 * stream lives and a dead one is noticed.
 */
const HEARTBEAT_MS = 15_000;

export interface EventStream {
  send(event: string, data: unknown): void;
  end(): void;
  /** Aborted when the listener is gone, by whichever side. */
  readonly gone: AbortSignal;
}

/** Answers with server-sent events (WHATWG HTML, "Server-sent events"). */
export function openEventStream(res: ServerResponse): EventStream {
  const gone = new AbortController();
  res.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    // A proxy between, such as that of an editor in the browser, would compress and hold back
    // events.
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  // The headers, and with them the news that the stream is open, must not wait for the first event.
  res.flushHeaders();
  const heartbeat = setInterval(() => res.write(': \n\n'), HEARTBEAT_MS);
  res.once('close', () => {
    clearInterval(heartbeat);
    gone.abort();
  });
  return {
    gone: gone.signal,
    send(event, data) {
      if (gone.signal.aborted || res.writableEnded) return;
      if (res.writableLength > BACKLOG_LIMIT) res.destroy();
      else res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    end() {
      if (!res.writableEnded) res.end();
    },
  };
}
