import { isAbsolute, relative } from 'node:path';

/**
 * A path for people: relative to the working folder when it is below, else whole. JSON keeps
 * absolute paths.
 */
export function pathText(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near;
}
