import { dirname, relative, resolve, sep } from 'node:path';

/**
 * Gives a source as people write its path, relative to the program; source maps name it from where they lie. What lies
 * outside of the program stays as it is named.
 */
export function programPath(root: string, output: string, file: string): string {
  if (!file.startsWith('.')) return file;
  const path = relative(root, resolve(root, dirname(output), file));
  return path.startsWith('..') ? file : path.split(sep).join('/');
}
