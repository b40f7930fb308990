/**
 * Packs the built files: the npm package into build/npm, one VSIX per platform into build/vsix, and
 * a bill of materials and checksums into build. `npm run package [-- --target linux-x64]…` prints
 * the size of each VSIX.
 */
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { npmPackage } from '../packaging/npmPackage.ts';
import { createSbom } from '../packaging/sbom.ts';
import type { ThirdParty } from '../packaging/thirdParty.ts';
import { packageFor, TARGETS } from '../packaging/vsix.ts';

const root = join(import.meta.dirname, '..');
const limit = 15 * 1024 * 1024;

/**
 * Writes the bill of materials from the packages that the build found.
 *
 * @returns its absolute path
 */
async function billOfMaterials(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const packages: ThirdParty[] = JSON.parse(await readFile(join(root, 'dist', 'third-party.json'), 'utf8'));
  const path = join(root, 'build', 'sbom.cdx.json');
  await writeFile(path, `${JSON.stringify(createSbom(manifest, packages), null, 2)}\n`);
  return path;
}

/** Hashes files into lines for `sha256sum --check`, with names relative to `build`. */
async function checksums(paths: readonly string[]): Promise<string> {
  const lines = paths.map(async (path) => {
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    return `${digest}  ${relative(join(root, 'build'), path).split(sep).join('/')}\n`;
  });
  return (await Promise.all(lines)).join('');
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { target: { type: 'string', multiple: true } } });
  const made = [await npmPackage(), await billOfMaterials()];
  for (const target of values.target ?? TARGETS.keys()) {
    const path = await packageFor(target);
    made.push(path);
    const { size } = await stat(path);
    console.log(`${path.split(sep).slice(-3).join('/')}  ${(size / 1024 / 1024).toFixed(1)} MiB`);
    if (size > limit) {
      console.error(`${target} is over 15 MB`);
      process.exitCode = 1;
    }
  }
  await writeFile(join(root, 'build', 'SHA256SUMS'), await checksums(made));
}
