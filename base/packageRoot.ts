import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder of the installed package, with `dist/`, `sdk/` and `media/` in it, for a bundle and
 * for sources alike.
 */
export const packageRoot: string = findPackageRoot(import.meta.dirname);

function findPackageRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'grafos') return folder;
    if (dirname(folder) === folder) throw new Error(`no package.json of grafos above ${from}`);
  }
}
