/** Tells whoever listens to all runs of a tenant what happens to them. */
import type { RefusalReason, RunsEvent } from '../../wire/tenantApi.ts';
import type { Actor } from '../auth/connection.ts';
import { RefusedError } from '../refused.ts';
import type { StoredRun } from '../store/runTable.ts';
import { renderRun } from './renderRun.ts';

export interface RunListener {
  tell(happening: RunsEvent): void;
  /** Ends the events. */
  close(reason: FeedClosed): void;
}

export type FeedClosed = Extract<RunsEvent, { event: 'closed' }>['data']['reason'];

export interface RunFeed {
  /** The run is in the store and has entered a state that is not its end. */
  entered(run: StoredRun): void;
  /** A reported run turned out to be refused, so it is none after all. */
  refused(run: StoredRun, reason: RefusalReason): void;
  /** The end is in the store. */
  ended(run: StoredRun): void;
  /**
   * Starts the events. An admin gets those of every tenant. The returned function ends them and
   * frees the place, which a closed listener holds until then.
   *
   * @throws {RefusedError} too_many_streams
   */
  listen(actor: Actor, listener: RunListener): () => void;
  /** Closes what the tenant opened, whose key or place here is no more what it was. */
  revoke(tenant: string): void;
  stop(): void;
}

/** Listeners of one tenant, or of one admin, at a time. */
export const FEED_LISTENERS_MAX = 16;

interface Place {
  actor: Actor;
  listener: RunListener;
}

export function createRunFeed(): RunFeed {
  const places = new Set<Place>();

  /**
   * Events are built lazily: this is on the path of every run, and usually nobody is subscribed.
   */
  const tell = (run: StoredRun, make: () => RunsEvent): void => {
    if (places.size === 0) return;
    let happening: RunsEvent | undefined;
    for (const { actor, listener } of places) {
      if (actor.role !== 'admin' && actor.name !== run.tenant) continue;
      happening ??= make();
      listener.tell(happening);
    }
  };

  return {
    entered: (run) =>
      tell(run, () => {
        const { run_id, state, started_at } = run;
        const at = new Date(started_at ?? Date.now()).toISOString();
        return { event: 'state', data: { run_id, state, at, run: renderRun(run, null) } };
      }),
    refused: (run, reason) => tell(run, () => ({ event: 'refused', data: { run_id: run.run_id, reason } })),
    ended: (run) => tell(run, () => ({ event: 'end', data: renderRun(run, null) })),
    listen: (actor, listener) => {
      const { role, name } = actor;
      const held = [...places].filter((place) => place.actor.role === role && place.actor.name === name);
      if (held.length >= FEED_LISTENERS_MAX) {
        throw new RefusedError(
          'too_many_streams',
          `The ${role} ${name} has ${FEED_LISTENERS_MAX} streams of all runs open, and may not have more.`,
          'Close one of them.',
        );
      }
      const place = { actor, listener };
      places.add(place);
      return () => places.delete(place);
    },
    revoke: (tenant) => {
      for (const { actor, listener } of places) {
        if (actor.role === 'tenant' && actor.name === tenant) listener.close('access_ended');
      }
    },
    stop: () => {
      for (const { listener } of places) listener.close('stopping');
    },
  };
}
