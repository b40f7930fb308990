import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Lists the folders whose `node_modules` a program may import from, nearest first
 * (docs/adr/0035-hoisted-packages.md). They are the program's own and those above it, up to the
 * repository's root. Without a repository the last is the nearest folder above with a
 * `package.json`: the root of a workspace.
 *
 * @param root absolute path of the program's folder
 */
export function packageFolders(root: string): string[] {
  const folders: string[] = [];
  let workspace = 1;
  for (let folder = root; ; folder = dirname(folder)) {
    if (folder !== root && !isTrusted(folder)) return folders.slice(0, workspace);
    folders.push(folder);
    if (existsSync(join(folder, '.git'))) return folders;
    if (workspace === 1 && folder !== root && existsSync(join(folder, 'package.json'))) workspace = folders.length;
    if (dirname(folder) === folder) return folders.slice(0, workspace);
  }
}

/**
 * Says whether a folder's packages are safe to read. Where others can write, as in /tmp, a package
 * may be anybody's. Windows has no such modes.
 */
function isTrusted(folder: string): boolean {
  if (process.getuid === undefined) return true;
  try {
    const { mode, uid } = statSync(folder);
    return (mode & 0o002) === 0 && (uid === 0 || uid === process.getuid());
  } catch {
    return false;
  }
}
