import { resolve, sep } from 'node:path';

/** The file of the program that a place names; undefined for one outside of it, which a module made up or a library has. */
export function fileOfPlace(root: string, file: string): string | undefined {
  const path = resolve(root, file);
  return path.startsWith(root + sep) ? path : undefined;
}
