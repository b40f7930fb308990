import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type FolderWatch, watchFolder } from '../../base/files/watchFolder.ts';

/**
 * Calls `changed` whenever a file may have come, gone or been replaced, also while the folders
 * above it, up to `root`, do not exist yet.
 *
 * Of the editor's own watchers none sees a folder that the user's settings exclude, so this asks
 * the operating system. Where that gives no events, the folders are looked at now and then, as
 * {@link watchFolder} says.
 */
export function watchStateFile(file: string, root: string, changed: () => void): { dispose(): void } {
  const folders = new Map<string, FolderWatch>();
  const chain: string[] = [];
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    chain.unshift(folder);
    if (folder === root) break;
  }
  let isDisposed = false;

  const open = (folder: string, child: string): void => {
    // One that is not there yet: the folder above tells when it comes.
    if (folders.has(folder) || !existsSync(folder)) return;
    const watcher = watchFolder(folder, (name, isRename) => {
      if (name !== null && name !== child) return;
      // A folder that was replaced: its watcher looks at the old one. One that is looked at may
      // have come meanwhile.
      if (isRename || watcher.looks !== undefined) reopen();
      changed();
    });
    folders.set(folder, watcher);
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
