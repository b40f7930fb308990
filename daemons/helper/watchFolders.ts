import { existsSync } from 'node:fs';
import { type FolderWatch, watchFolder } from '../../base/files/watchFolder.ts';

/** Changes that come within this time are one. Milliseconds. */
const SETTLE_MS = 60;

export interface FoldersWatch {
  /** Watches exactly these folders from now on; those that do not exist (yet) are left out. */
  follow(folders: readonly string[]): void;
  close(): void;
}

/**
 * Watches folders that come and go. Where the operating system gives no events, each is looked at
 * now and then, as {@link watchFolder} says.
 */
export function watchFolders(changed: () => void): FoldersWatch {
  const watchers = new Map<string, FolderWatch>();
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
        // One that is not there yet: its parent's change brings us back here.
        if (watchers.has(folder) || !existsSync(folder)) continue;
        const watcher = watchFolder(folder, (_name, isRename) => {
          // A folder that was made anew has another inode; the next `follow` takes the new one.
          if (isRename) drop(folder);
          noticed();
        });
        watchers.set(folder, watcher);
      }
    },
    close() {
      clearTimeout(settling);
      for (const folder of [...watchers.keys()]) drop(folder);
    },
  };
}
