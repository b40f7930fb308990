import { resolve, sep } from 'node:path';

/**
 * The file of the program that a place names; undefined for one outside of it, which comes from a
 * library or a made-up map.
 */
export function fileOfPlace(root: string, file: string): string | undefined {
  const path = resolve(root, file);
  return path.startsWith(root + sep) ? path : undefined;
}
