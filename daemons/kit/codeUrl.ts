import { basename } from 'node:path/posix';

/**
 * The code of a thread or process: a source where the caller is one, or a bundle beside the
 * caller's.
 *
 * @param importer `import.meta.url` of the caller
 * @param source relative path of the source from the caller's
 */
export function codeUrl(importer: string, source: string): URL {
  return new URL(importer.endsWith('.ts') ? source : `./${basename(source, '.ts')}.js`, importer);
}
