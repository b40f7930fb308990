import type { HelperEvent } from '../wire/helperApi.ts';
import { refusalAnswer } from './helperRefusal.ts';
import { BOARD_RUNS, runBoard } from './runBoard.ts';
import type { SchedulerLink } from './schedulerPort.ts';

export type Send = (event: HelperEvent['event'], data: HelperEvent['data']) => void;

export interface RunFollower {
  /** Sends the current state. Parts that are not known yet are published once they are. */
  greet(send: Send): void;
  end(): void;
}

/** Waits between tries to listen to a scheduler that is gone. Milliseconds. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 15_000];

/**
 * Publishes the events of the tenant's runs: one stream of the scheduler, opened again whenever it
 * ended.
 */
export function followRuns(
  { scheduler, fault }: { scheduler: SchedulerLink; fault: (error: unknown) => void },
  publish: Send,
): RunFollower {
  const ended = new AbortController();
  const { signal } = ended;
  const board = runBoard();
  let isFilled = false;
  let failures = 0;
  /** Why the scheduler is not heard. */
  let trouble: string | undefined;
  let tryNow = (): void => {};

  const listen = async (): Promise<void> => {
    const client = await scheduler.client();
    for await (const { event, data } of client.allEvents({ signal })) {
      switch (event) {
        case 'listening':
          // Only now, so that nothing falls between the list and the events.
          board.fill(await client.listRuns({ limit: BOARD_RUNS }, { signal }));
          isFilled = true;
          failures = 0;
          publish('runs', board.all());
          if (trouble !== undefined) publish('scheduler', { state: 'ok', message: null });
          trouble = undefined;
          break;
        case 'state':
        case 'end': {
          const run = board.put(event === 'end' ? data : data.run);
          if (run !== null) publish('run', run);
          break;
        }
        case 'refused':
          board.remove(data.run_id);
          publish('gone', { run_id: data.run_id });
          break;
        case 'closed':
          return;
      }
    }
  };

  const lost = (error: unknown): void => {
    if (signal.aborted) return;
    const answer = refusalAnswer(error);
    if (answer === undefined) fault(error);
    const isNews = trouble === undefined;
    trouble = answer?.body.error.message ?? 'The scheduler could not be asked.';
    if (isNews) publish('scheduler', { state: 'unreachable', message: trouble });
  };

  const wait = async (): Promise<void> => {
    const ms = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      tryNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  const keepListening = async (): Promise<void> => {
    while (!signal.aborted) {
      await listen().catch(lost);
      if (!signal.aborted) await wait();
    }
  };
  void keepListening();

  return {
    greet: (send) => {
      if (isFilled) send('runs', board.all());
      if (trouble !== undefined) send('scheduler', { state: 'unreachable', message: trouble });
      // Somebody looks again, perhaps because it is back.
      tryNow();
    },
    end: () => {
      ended.abort();
      tryNow();
    },
  };
}
