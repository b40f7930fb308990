/**
 * Time between pings, milliseconds. They keep proxies and HTTP/2 session timers from cutting a
 * quiet stream, and show a client that we live.
 */
export const PING_MS = 15_000;

export const PING = ': ping\n\n';

/** One event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function serverSentEvent({ event, data }: { event: string; data: unknown }): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
