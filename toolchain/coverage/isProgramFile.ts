/**
 * Says whether a path of a source map is a file of the program, and none of a library, a package or
 * a folder outside.
 */
export function isProgramFile(path: string): boolean {
  return !/^(?:~|\.\.|\/|[A-Za-z]:)|(?:^|[/\\])node_modules[/\\]/.test(path);
}
