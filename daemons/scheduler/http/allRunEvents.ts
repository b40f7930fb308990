import type { Readable } from 'node:stream';
import { EventStream, PING_MS } from '../../kit/eventStream.ts';
import type { RunsEvent } from '../../wire/tenantApi.ts';
import type { Actor } from '../auth/connection.ts';
import type { FeedClosed, RunFeed } from '../runs/runFeed.ts';

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
 * @throws {RefusedError} too_many_streams
 */
export function allRunEvents(feed: RunFeed, actor: Actor, bounds = STREAM_BOUNDS): Readable {
  const timers: NodeJS.Timeout[] = [];
  let isClosed = false;
  const close = (reason: FeedClosed): void => {
    if (isClosed || stream.destroyed) return;
    isClosed = true;
    stream.finish({ event: 'closed', data: { reason } } satisfies RunsEvent);
    timers.push(setTimeout(() => stream.destroy(), bounds.graceMs));
  };
  const { pingMs, unread } = bounds;
  const stream = new EventStream({ pingMs, unread, tooSlow: () => close('too_slow') });
  try {
    const leave = feed.listen(actor, { tell: (happening) => stream.send(happening), close });
    stream.once('close', () => {
      for (const timer of timers) clearTimeout(timer);
      leave();
    });
  } catch (error) {
    stream.destroy();
    throw error;
  }
  stream.send({ event: 'listening', data: {} } satisfies RunsEvent);
  timers.push(setTimeout(() => close('renew'), bounds.lifeMs));
  return stream;
}
