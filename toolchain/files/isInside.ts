import { isAbsolute, relative, sep } from 'node:path';

/** Says whether a path is a folder or lies in it. Both are absolute, with no link on the way. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
