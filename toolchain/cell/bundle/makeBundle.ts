import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, globSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { GrafosError } from '../../../base/grafosError.ts';
import { packageRoot } from '../../../base/packageRoot.ts';
import { fileError } from '../../files/fileError.ts';
import { writeAtomically } from '../../files/writeAtomically.ts';
import { BUNDLE_PARTS, type BundleTarget } from './bundleParts.ts';
import { signChecksum } from './bundleSignature.ts';
import { fetchPart } from './fetchPart.ts';
import { launcherText } from './launcherText.ts';
import { type TarFile, writeTar } from './tarArchive.ts';

export interface MakeBundleOptions {
  target: BundleTarget;
  /** Folder for the archive and the files beside it. */
  out: string;
  /** PEM texts of an admin's pair, to sign the checksum with. */
  signer?: { certPem: string; keyPem: string };
  signal: AbortSignal;
  progress?: (text: string) => void;
}

export interface MadeBundle {
  /** Absolute path of the archive. */
  file: string;
  bytes: number;
  sha256: string;
  checksum_file: string;
  signature_file: string | null;
  version: string;
  target: BundleTarget;
}

/** List of the SHA-256 of each other file in the bundle, for `sha256sum --check`. */
export const MANIFEST = 'MANIFEST.sha256';

/** Files of this package in a bundle, as globs. */
const OWN = ['LICENSE', 'bin/grafos.cjs', 'dist/THIRD-PARTY-NOTICES.txt', 'dist/cli/*.cjs', 'dist/daemons/*.js'];
const UNIT = 'media/grafos-cell.service';

/**
 * Makes the archive that a server needs to run a cell: Node, the daemons, the command, the native
 * half of QUIC, notices, and a list of hashes. The same parts give the same bytes.
 *
 * @throws {GrafosError} not_built, npm_failed, bundle_part_differs, bundle_signer_unfit, a file
 *   error's code
 */
export async function makeBundle(options: MakeBundleOptions): Promise<MadeBundle> {
  const { target, signer, signal, progress = () => {} } = options;
  const out = resolve(options.out);
  const { version, license } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'));
  const files = await ownFiles({ name: 'grafos', version, type: 'module', license, private: true });
  for (const part of BUNDLE_PARTS[target]) {
    progress(`fetching ${part.name} ${part.version}`);
    files.push(...(await fetchPart(part, signal)));
  }
  files.push({ path: MANIFEST, bytes: Buffer.from(manifestText(files)), isExecutable: false });
  const top = `grafos-cell-${version}-${target}`;
  const name = `${top}.tar.gz`;
  const file = join(out, name);
  progress('packing');
  try {
    await mkdir(out, { recursive: true });
    await pack(
      file,
      files.map((one) => ({ ...one, path: `${top}/${one.path}` })),
      signal,
    );
    const { sha256, bytes } = await digest(file);
    const line = `${sha256}  ${name}\n`;
    await writeAtomically(`${file}.sha256`, Buffer.from(line));
    const signature = `${file}.sha256.sig`;
    // A signature of an earlier archive would be wrong here.
    if (signer === undefined) await rm(signature, { force: true });
    else await writeAtomically(signature, Buffer.from(signChecksum(line, signer)));
    const signature_file = signer === undefined ? null : signature;
    return { file, bytes, sha256, checksum_file: `${file}.sha256`, signature_file, version, target };
  } catch (error) {
    signal.throwIfAborted();
    throw fileError(error, 'The bundle cannot be written', true);
  }
}

async function ownFiles(manifest: Record<string, unknown>): Promise<TarFile[]> {
  const paths = OWN.flatMap((glob) => globSync(glob, { cwd: packageRoot })).map((path) => path.split(sep).join('/'));
  if (!paths.includes('dist/daemons/scheduler.js') || !paths.includes('dist/cli/main.cjs'))
    throw new GrafosError('not_built', 'grafos itself is not built, so it cannot be packed.', {
      next: 'Run `npm run build` in the folder of grafos.',
    });
  const read = async (path: string, from = path): Promise<TarFile> => ({
    path,
    bytes: await readFile(join(packageRoot, from)),
    isExecutable: false,
  });
  return [
    ...(await Promise.all(paths.map((path) => read(path)))),
    await read('systemd/grafos-cell.service', UNIT),
    { path: 'bin/grafos', bytes: Buffer.from(launcherText()), isExecutable: true },
    { path: 'package.json', bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), isExecutable: false },
  ];
}

function manifestText(files: readonly TarFile[]): string {
  const lines = files.map(({ path, bytes }) => `${createHash('sha256').update(bytes).digest('hex')}  ${path}\n`);
  return lines.sort((left, right) => (left.slice(66) < right.slice(66) ? -1 : 1)).join('');
}

/** Writes the archive aside and renames it, so that nobody finds half of one. */
async function pack(file: string, files: readonly TarFile[], signal: AbortSignal): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  try {
    await pipeline(Readable.from(writeTar(files)), createGzip(), createWriteStream(temporary), { signal });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function digest(file: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(part);
    bytes += part.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
