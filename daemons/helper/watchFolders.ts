import { type FSWatcher, watch } from 'node:fs';

/** Changes that come within this time are one. Milliseconds. */
const SETTLE_MS = 60;

export interface FolderWatch {
  /** Watches exactly these folders from now on; those that do not exist (yet) are left out. */
  follow(folders: readonly string[]): void;
  close(): void;
}

export function watchFolders(changed: () => void): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  let settling: NodeJS.Timeout | undefined;
  const drop = (folder: string) => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  const noticed = () => {
    clearTimeout(settling);
    settling = setTimeout(changed, SETTLE_MS);
  };
  return {
    follow(folders) {
      const wanted = new Set(folders);
      for (const folder of [...watchers.keys()]) if (!wanted.has(folder)) drop(folder);
      for (const folder of wanted) {
        if (watchers.has(folder)) continue;
        try {
          const watcher = watch(folder, (kind) => {
            // A folder that was removed and made again has another inode. The next `follow` takes
            // the new one.
            if (kind === 'rename') drop(folder);
            noticed();
          });
          watcher.on('error', () => drop(folder));
          watchers.set(folder, watcher);
        } catch {
          // Not there yet: its parent's change brings us back here.
        }
      }
    },
    close() {
      clearTimeout(settling);
      for (const folder of [...watchers.keys()]) drop(folder);
    },
  };
}
