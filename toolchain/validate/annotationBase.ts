import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Finds the folder that annotations name files from: `GITHUB_WORKSPACE` where it has the program,
 * else the root of the repository, else the program itself.
 *
 * @param root absolute path of the program's folder
 */
export function annotationBase(root: string, env: NodeJS.ProcessEnv): string {
  const workspace = realOf(env.GITHUB_WORKSPACE);
  let repository: string | null = null;
  for (let folder = root; ; folder = dirname(folder)) {
    if (workspace !== null && realOf(folder) === workspace) return folder;
    if (repository === null && existsSync(join(folder, '.git'))) repository = folder;
    if (dirname(folder) === folder) return repository ?? root;
  }
}

function realOf(path: string | undefined): string | null {
  if (path === undefined || path === '') return null;
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}
