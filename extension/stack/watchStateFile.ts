import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Calls `changed` whenever a file may have come, gone or been replaced, also while the folders
 * above it, up to `root`, do not exist yet.
 *
 * The editor's own watchers do not see a folder that the user's settings exclude, so this asks the
 * operating system.
 */
export function watchStateFile(file: string, root: string, changed: () => void): { dispose(): void } {
  const folders = new Map<string, FSWatcher>();
  const chain: string[] = [];
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    chain.unshift(folder);
    if (folder === root) break;
  }
  let isDisposed = false;

  const open = (folder: string, child: string): void => {
    if (folders.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if (name !== null && name !== child) return;
        // A folder that was replaced: its watcher looks at the old one.
        if (event === 'rename') reopen();
        changed();
      });
      watcher.on('error', () => {
        close(folder);
        changed();
      });
      folders.set(folder, watcher);
    } catch {
      // Not there yet: the folder above tells when it comes.
    }
  };
  const close = (folder: string): void => {
    folders.get(folder)?.close();
    folders.delete(folder);
  };
  const reopen = (): void => {
    if (isDisposed) return;
    for (const folder of chain.slice(1)) close(folder);
    openAll();
  };
  const openAll = (): void => {
    chain.forEach((folder, index) => {
      open(folder, basename(chain[index + 1] ?? file));
    });
  };
  openAll();
  return {
    dispose: () => {
      isDisposed = true;
      for (const folder of [...folders.keys()]) close(folder);
    },
  };
}
