import { dirname, relative, resolve, sep } from 'node:path';

/**
 * Turns the name of a file in a source map into its path relative to the program. The map names
 * files relative to its own folder. A file outside of the program keeps its name.
 */
export function programPath(root: string, output: string, file: string): string {
  if (!file.startsWith('.')) return file;
  const path = relative(root, resolve(root, dirname(output), file));
  return path.startsWith('..') ? file : path.split(sep).join('/');
}
