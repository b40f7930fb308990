/**
 * The name of a source of a stranger's source map, without the steps out of its folder. Nobody
 * vouches for the file, so the name is shown, and nothing is read at it.
 */
export function nameInMap(file: string): string {
  return file.replace(/^(?:\.\.?[/\\])+/, '');
}
