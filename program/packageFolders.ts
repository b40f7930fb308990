import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folders whose `node_modules` a program may import from, nearest first (docs/adr/0035-hoisted-packages.md). They are
 * the program's own and those above it up to the repository's root. Without a repository the nearest folder above
 * that has a `package.json` is the last: the root of a workspace.
 *
 * @param root absolute path of the program's folder
 */
export function packageFolders(root: string): string[] {
  const folders: string[] = [];
  let workspace = 1;
  for (let folder = root; ; folder = dirname(folder)) {
    folders.push(folder);
    if (existsSync(join(folder, '.git'))) return folders;
    if (workspace === 1 && folder !== root && existsSync(join(folder, 'package.json'))) workspace = folders.length;
    if (dirname(folder) === folder) return folders.slice(0, workspace);
  }
}
