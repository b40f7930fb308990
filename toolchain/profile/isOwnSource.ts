/**
 * Says whether a file that a source map names is a source of the program, and none of a library or
 * of the build.
 */
export function isOwnSource(file: string): boolean {
  return !file.startsWith('~');
}
