import type { Readable } from 'node:stream';
import { EventStream } from '../../kit/eventStream.ts';
import type { RunEvent } from '../../wire/tenantApi.ts';
import { LiveRun } from '../runs/liveRun.ts';
import type { RunContent } from '../runs/runContent.ts';
import type { StoredRun } from '../store/runTable.ts';

/**
 * A run's server-sent events: what happened so far, `listening`, what happens, `end`.
 * A run that was refused after all just ends the stream. `log` is that of a run that has ended.
 */
export function runEvents(found: LiveRun | StoredRun, log: string | null, shown: RunContent['shown']): Readable {
  // The events of a run are bounded by its log, so a slow reader costs no more than that.
  const stream = new EventStream();
  const send = (happening: RunEvent): void => stream.send(happening);
  const end = async (run: StoredRun, output?: Uint8Array): Promise<void> => {
    const last = await shown(run, output);
    if (stream.destroyed) return;
    if ('json' in last) return stream.finish({ event: 'end', data: last.json });
    stream.sendPieces('end', last.pieces);
    stream.finish();
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
  stream.once('close', found.follow(send));
  send({ event: 'listening', data: {} });
  found.ended.then(
    ({ run, output }) => {
      if (!stream.destroyed) end(run, output).catch(fail);
    },
    () => stream.finish(),
  );
  return stream;
}
