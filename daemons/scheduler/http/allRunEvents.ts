import { Readable } from 'node:stream';
import type { RunsEvent } from '../../protocol/tenantApi.ts';
import type { Actor } from '../auth/connection.ts';
import type { FeedClosed, RunFeed } from '../runs/runFeed.ts';
import { PING, PING_MS, serverSentEvent } from './serverSentEvent.ts';

export const STREAM_BOUNDS = {
  /** Bytes that a client may leave unread. */
  unread: 1024 * 1024,
  /**
   * Longest life of a stream, milliseconds. The caller's access is checked when a stream begins, so
   * no stream may go on for ever.
   */
  lifeMs: 3_600_000,
  /** For a client to read up to the last event of a stream that we ended. */
  graceMs: 30_000,
  pingMs: PING_MS,
};

/**
 * Server-sent events of all runs that the actor may see, from now on. The last is `closed`. A
 * client that does not read even that is cut off.
 *
 * @throws {Refused} too_many_streams
 */
export function allRunEvents(feed: RunFeed, actor: Actor, bounds = STREAM_BOUNDS): Readable {
  const timers: NodeJS.Timeout[] = [];
  let isClosed = false;
  let leave = (): void => {};
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      for (const timer of timers) clearTimeout(timer);
      leave();
      done(error);
    },
  });
  const close = (reason: FeedClosed): void => {
    if (isClosed || stream.destroyed) return;
    isClosed = true;
    stream.push(serverSentEvent({ event: 'closed', data: { reason } } satisfies RunsEvent));
    stream.push(null);
    timers.push(setTimeout(() => stream.destroy(), bounds.graceMs));
  };
  const send = (text: string): void => {
    if (isClosed || stream.destroyed) return;
    if (stream.readableLength > bounds.unread) close('too_slow');
    else stream.push(text);
  };

  leave = feed.listen(actor, { tell: (happening) => send(serverSentEvent(happening)), close });
  send(serverSentEvent({ event: 'listening', data: {} } satisfies RunsEvent));
  timers.push(
    setInterval(() => send(PING), bounds.pingMs),
    setTimeout(() => close('renew'), bounds.lifeMs),
  );
  return stream;
}
