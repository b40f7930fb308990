import { type FSWatcher, watch } from 'node:fs';
import { eventlessFolder } from './eventlessFolder.ts';

/** Milliseconds between two looks at a folder that may change without an event. */
const LOOK_MS = 2_000;

export interface FolderWatch {
  /** Reason why the folder is looked at every two seconds; undefined where events suffice. */
  readonly looks: string | undefined;
  close(): void;
}

/**
 * Calls a listener when something in a folder changed, by events of the operating system.
 *
 * Without events it calls the listener every two seconds, changed or not: on a network mount, when
 * this user watches too many files already, and once a watch has failed.
 *
 * @param onChange is given the name of what changed, or null when it is not known, and whether
 *   something came or went
 * @param onFailed is called when the watch fails later on
 */
export function watchFolder(
  folder: string,
  onChange: (name: string | null, isRename: boolean) => void,
  onFailed: (why: string) => void = () => {},
): FolderWatch {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  let isClosed = false;
  const look = () => {
    if (!isClosed) timer ??= setInterval(onChange, LOOK_MS, null, false);
  };
  let looks: string | undefined;
  try {
    watcher = watch(folder, (event, name) => onChange(name, event === 'rename'));
    watcher.on('error', (error) => {
      look();
      onFailed(error.message);
      onChange(null, false);
    });
    const kind = eventlessFolder(folder);
    if (kind !== undefined) looks = `${folder} lies on ${kind}, which tells not every change`;
  } catch (error) {
    looks = error instanceof Error ? error.message : String(error);
  }
  if (looks !== undefined) look();
  return {
    looks,
    close() {
      isClosed = true;
      watcher?.close();
      clearInterval(timer);
    },
  };
}
