import { createHash } from 'node:crypto';
import { createReadStream, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import type { BundleTarget } from '../cell/bundle/bundleParts.ts';
import { makeBundle } from '../cell/bundle/makeBundle.ts';
import { userCacheFolder } from '../user/userFolders.ts';
import type { Bundle } from './enrol/enrolCell.ts';

/** Folder in the cache. One bundle of each target is kept: packing takes some 20 s. */
const FOLDER = 'cell-bundles';

/**
 * The bundle of this very grafos, packed anew only when grafos changed.
 *
 * @throws {GrafosError} no_home_folder, not_built, npm_failed, bundle_part_differs, a file error's
 *   code
 */
export async function keptBundle(
  target: BundleTarget,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<Bundle> {
  const folder = StateFolder.at(join(userCacheFolder(), FOLDER)).make(target);
  const key = partsKey();
  const kept = readKept(folder, key);
  if (kept !== undefined && (await hashOf(kept.file)) === kept.sha256) return kept;
  const { file, bytes, sha256 } = await makeBundle({ target, out: folder.path, signal, progress });
  const made = { file, bytes, sha256 };
  await folder.write(KEPT, JSON.stringify({ key, ...made }));
  return made;
}

const KEPT = 'kept.json';

function readKept(folder: StateFolder, key: string): Bundle | undefined {
  try {
    const kept = JSON.parse(folder.readText(KEPT) ?? '');
    const isSame = kept.key === key && typeof kept.file === 'string' && kept.file.startsWith(folder.path);
    return isSame ? { file: kept.file, bytes: Number(kept.bytes), sha256: String(kept.sha256) } : undefined;
  } catch {
    return undefined;
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(file) as AsyncIterable<Buffer>) hash.update(part);
  } catch {
    return 'gone';
  }
  return hash.digest('hex');
}

/** Changes with every build of grafos. */
function partsKey(): string {
  const files = globSync(['package.json', 'dist/cli/*.cjs', 'dist/daemons/*.js', 'media/*.service'], {
    cwd: packageRoot,
  });
  const facts = files.sort().map((file) => {
    const { size, mtimeMs } = statSync(join(packageRoot, file));
    return [file, size, mtimeMs];
  });
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
