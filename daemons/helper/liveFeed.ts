import { type HelperEvent, type HelperTasklets, summarizeRun } from '../protocol/helperApi.ts';
import type { Run } from '../protocol/tenantApi.ts';
import { refusalAnswer } from './helperRefusal.ts';
import type { SchedulerLink, SchedulerPort } from './schedulerPort.ts';
import type { TaskletReader } from './taskletList.ts';
import { watchFolders } from './watchFolders.ts';

/** Waits between tries to reach a scheduler that is gone, while somebody listens. Milliseconds. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 15_000];
/** Runs in the snapshot a listener starts with. */
const SNAPSHOT_RUNS = 100;

type Send = (event: HelperEvent['event'], data: HelperEvent['data']) => void;

export interface LiveFeed {
  /** Sends a snapshot, then every change, until `gone`. */
  listen(send: Send, gone: AbortSignal): void;
  /** Tells of a run this helper started, and follows it to its end. */
  runStarted(run: Run): void;
  /** Follows those of these runs that have not ended: they may have been started elsewhere. */
  runsSeen(runs: readonly Run[]): void;
}

/**
 * What `GET /v1/events` pushes. Nothing is watched and no run is followed while nobody listens.
 */
export function liveFeed(parts: {
  scheduler: SchedulerLink;
  tasklets: TaskletReader;
  fault: (error: unknown) => void;
}): LiveFeed {
  const listeners = new Set<Send>();
  const publish: Send = (event, data) => {
    for (const send of listeners) send(event, data);
  };
  let attention: Attention | undefined;

  return {
    listen(send, gone) {
      if (gone.aborted) return;
      listeners.add(send);
      attention ??= payAttention(parts, publish);
      attention.greet(send);
      gone.addEventListener('abort', () => {
        listeners.delete(send);
        if (listeners.size > 0) return;
        attention?.end();
        attention = undefined;
      });
    },
    runStarted(run) {
      attention?.runStarted(run);
    },
    runsSeen(runs) {
      attention?.runsSeen(runs);
    },
  };
}

interface Attention {
  greet(send: Send): void;
  runStarted(run: Run): void;
  runsSeen(runs: readonly Run[]): void;
  end(): void;
}

function payAttention(
  {
    scheduler,
    tasklets,
    fault,
  }: { scheduler: SchedulerLink; tasklets: TaskletReader; fault: (error: unknown) => void },
  publish: Send,
): Attention {
  const ended = new AbortController();
  const { signal } = ended;
  const followed = new Set<string>();
  let folders: readonly string[] = [tasklets.projectDir];
  let lastTasklets = '';
  let failures = 0;
  let schedulerState: 'ok' | 'unreachable' | undefined;
  let retry: NodeJS.Timeout | undefined;

  const readTasklets = async (): Promise<HelperTasklets> => {
    try {
      const list = await tasklets.read();
      folders = list.folders;
      return list.told;
    } catch (error) {
      const problem = refusalAnswer(error)?.body.error;
      if (problem === undefined) fault(error);
      return {
        program: null,
        tasklets: [],
        problem: problem ?? { reason: 'internal_error', message: 'The helper could not read the program.' },
      };
    } finally {
      if (!signal.aborted) folderWatch.follow(folders);
    }
  };
  const folderWatch = watchFolders(() => {
    // First watch again what was replaced, then read: a change in between comes back as another event.
    folderWatch.follow(folders);
    void readTasklets().then((list) => {
      const text = JSON.stringify(list);
      if (signal.aborted || text === lastTasklets) return;
      lastTasklets = text;
      publish('tasklets', list);
    });
  });

  const reached = (): void => {
    failures = 0;
    if (schedulerState === 'unreachable') publish('scheduler', { state: 'ok', message: null });
    schedulerState = 'ok';
  };
  const lost = (error: unknown): void => {
    if (signal.aborted) return;
    const answer = refusalAnswer(error);
    if (answer === undefined) fault(error);
    const message = answer?.body.error.message ?? 'The scheduler could not be asked.';
    if (schedulerState !== 'unreachable') publish('scheduler', { state: 'unreachable', message });
    schedulerState = 'unreachable';
    clearTimeout(retry);
    const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 1_000;
    retry = setTimeout(() => void snapshot(publish), wait);
  };

  const follow = async (client: SchedulerPort, runId: string): Promise<void> => {
    if (followed.has(runId) || signal.aborted) return;
    followed.add(runId);
    try {
      for await (const { event, data } of client.events(runId, { signal })) {
        if (event === 'end') publish('run', summarizeRun(data));
        else if (event === 'state' && data.state === 'running')
          publish('run', summarizeRun(await client.getRun(runId)));
        reached();
      }
    } catch (error) {
      // A run the cell would not have is forgotten by the scheduler; that says nothing about the scheduler.
      if (refusalAnswer(error)?.status !== 404) lost(error);
    } finally {
      followed.delete(runId);
    }
  };

  const followAll = (client: SchedulerPort, runs: readonly Run[]): void => {
    for (const run of runs) if (run.ended_at === null) void follow(client, run.run_id);
  };

  const snapshot = async (send: Send): Promise<void> => {
    try {
      const client = await scheduler.client();
      const runs = await client.listRuns({ limit: SNAPSHOT_RUNS });
      if (signal.aborted) return;
      send('runs', { runs: runs.map(summarizeRun) });
      reached();
      followAll(client, runs);
    } catch (error) {
      lost(error);
    }
  };

  return {
    greet(send) {
      void readTasklets().then((list) => {
        lastTasklets = JSON.stringify(list);
        send('tasklets', list);
      });
      void snapshot(send);
    },
    runStarted(run) {
      publish('run', summarizeRun(run));
      void scheduler.client().then((client) => followAll(client, [run]), lost);
    },
    runsSeen(runs) {
      void scheduler.client().then((client) => followAll(client, runs), lost);
    },
    end() {
      ended.abort();
      clearTimeout(retry);
      folderWatch.close();
    },
  };
}
