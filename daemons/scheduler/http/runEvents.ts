import { Readable } from 'node:stream';
import type { RunEvent } from '../../protocol/tenantApi.ts';
import { LiveRun } from '../runs/liveRun.ts';
import type { RunContent } from '../runs/runContent.ts';
import type { StoredRun } from '../store/runTable.ts';
import { PING, PING_MS, serverSentEvent } from './serverSentEvent.ts';

/**
 * A run's server-sent events: what happened so far, `listening`, what happens, `end`.
 * A run that was refused after all just ends the stream. `log` is that of a run that has ended.
 */
export function runEvents(found: LiveRun | StoredRun, log: string | null, shown: RunContent['shown']): Readable {
  let unfollow = (): void => {};
  let ping: NodeJS.Timeout | undefined;
  const stream = new Readable({
    // What a run can say is bounded by its log, so a slow reader costs no more than that.
    read() {},
    destroy(error, done) {
      clearInterval(ping);
      unfollow();
      done(error);
    },
  });
  const send = (happening: RunEvent): void => {
    stream.push(serverSentEvent(happening));
  };
  const end = async (run: StoredRun, output?: Uint8Array): Promise<void> => {
    const last = await shown(run, output);
    if (stream.destroyed) return;
    if ('json' in last) send({ event: 'end', data: last.json });
    else {
      // One line, as the data of an event must be.
      stream.push('event: end\ndata: ');
      for (const piece of last.pieces) stream.push(piece);
      stream.push('\n\n');
    }
    stream.push(null);
  };
  const fail = (error: unknown): void => {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  };

  if (!(found instanceof LiveRun)) {
    const { run_id, created_at, started_at, ended_at, state } = found;
    const tell = (at: number | null, entered: typeof state): void => {
      if (at !== null) send({ event: 'state', data: { run_id, state: entered, at: new Date(at).toISOString() } });
    };
    tell(created_at, 'admitted');
    tell(created_at, 'placed');
    tell(started_at, 'running');
    if (log !== null && log !== '') send({ event: 'log', data: { text: log } });
    tell(ended_at, state);
    end(found).catch(fail);
    return stream;
  }
  unfollow = found.follow(send);
  send({ event: 'listening', data: {} });
  ping = setInterval(() => stream.push(PING), PING_MS);
  found.ended.then(
    ({ run, output }) => {
      if (!stream.destroyed) end(run, output).catch(fail);
    },
    () => {
      if (!stream.destroyed) stream.push(null);
    },
  );
  return stream;
}
