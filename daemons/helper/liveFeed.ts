import type { HelperTasklets } from '../wire/helperApi.ts';
import { followRuns, type Send } from './followRuns.ts';
import { refusalAnswer } from './helperRefusal.ts';
import type { SchedulerLink } from './schedulerPort.ts';
import type { TaskletReader } from './taskletList.ts';
import { watchFolders } from './watchFolders.ts';

export interface LiveFeed {
  /** Sends a snapshot, then every change, until `gone`. */
  listen(send: Send, gone: AbortSignal): void;
}

interface FeedParts {
  scheduler: SchedulerLink;
  tasklets: TaskletReader;
  fault: (error: unknown) => void;
}

/**
 * The events that `GET /v1/events` pushes. Without a listener nothing is watched, and the helper
 * does not listen to the scheduler.
 */
export function createLiveFeed(parts: FeedParts): LiveFeed {
  const listeners = new Set<Send>();
  const publish: Send = (event, data) => {
    for (const send of listeners) send(event, data);
  };
  let attention: Attention[] | undefined;

  return {
    listen(send, gone) {
      if (gone.aborted) return;
      listeners.add(send);
      attention ??= [watchTasklets(parts, publish), followRuns(parts, publish)];
      for (const one of attention) one.greet(send);
      gone.addEventListener('abort', () => {
        listeners.delete(send);
        if (listeners.size > 0) return;
        for (const one of attention ?? []) one.end();
        attention = undefined;
      });
    },
  };
}

interface Attention {
  greet(send: Send): void;
  end(): void;
}

function watchTasklets({ tasklets, fault }: FeedParts, publish: Send): Attention {
  let isEnded = false;
  let folders: readonly string[] = [tasklets.projectDir];
  let last = '';

  const read = async (): Promise<HelperTasklets> => {
    try {
      const list = await tasklets.read();
      folders = list.folders;
      return list.answer;
    } catch (error) {
      const problem = refusalAnswer(error)?.body.error;
      if (problem === undefined) fault(error);
      return {
        program: null,
        tasklets: [],
        problem: problem ?? { reason: 'internal_error', message: 'The helper could not read the program.' },
      };
    } finally {
      if (!isEnded) folderWatch.follow(folders);
    }
  };
  const folderWatch = watchFolders(() => {
    // Replaced folders are watched again before they are read: a change in between comes back as
    // another event.
    folderWatch.follow(folders);
    void read().then((list) => {
      const text = JSON.stringify(list);
      if (isEnded || text === last) return;
      last = text;
      publish('tasklets', list);
    });
  });

  return {
    greet(send) {
      void read().then((list) => {
        last = JSON.stringify(list);
        send('tasklets', list);
      });
    },
    end() {
      isEnded = true;
      folderWatch.close();
    },
  };
}
