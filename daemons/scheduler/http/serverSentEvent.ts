/** Keeps proxies and HTTP/2 session timers from taking a quiet stream for a dead one, and tells a client that we live. Milliseconds. */
export const PING_MS = 15_000;

export const PING = ': ping\n\n';

/** One event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function serverSentEvent({ event, data }: { event: string; data: unknown }): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
