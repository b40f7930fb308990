import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GrafosError } from '../../../base/grafosError.ts';
import { wordList } from '../../../base/text/wordList.ts';
import { fileError } from '../../files/fileError.ts';
import { checkSignature } from './bundleSignature.ts';
import { MANIFEST } from './makeBundle.ts';
import { readTar, TarInvalidError } from './tarArchive.ts';

const unpack = promisify(gunzip);

export interface VerifiedBundle {
  file: string;
  sha256: string;
  /** Files whose hashes were compared. */
  files: number;
  version: string;
  target: string;
  /** Name of the admin who signed; null where no CA was given. */
  signed_by: string | null;
}

/** Bytes of the largest archive, packed and unpacked. Ours have 50 and 140 million. */
const PACKED_MAX = 256 * 1024 * 1024;
const UNPACKED_MAX = 512 * 1024 * 1024;
const BESIDE_MAX = 64 * 1024;
const NAME = /^grafos-cell-(\d[\w.+-]*)-(linux-(?:x64|arm64))\/(.+)$/;

/**
 * Verifies an archive: its checksum file, the hash of each file in it, and with a CA the signature
 * of an admin. Nothing is unpacked to the disk.
 *
 * @param caPem PEM text of the CA whose admin must have signed
 * @throws {GrafosError} bundle_unfit, bundle_signature_wrong, a file error's code
 */
export async function verifyBundle(file: string, caPem?: string): Promise<VerifiedBundle> {
  const archive = await read(file, PACKED_MAX);
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const line = (await read(`${file}.sha256`, BESIDE_MAX)).toString('utf8');
  const [, hash, name] = /^([0-9a-f]{64}) [ *]([^\n]+)\n$/.exec(line) ?? [];
  if (hash !== sha256 || name !== basename(file))
    throw unfit(file, `Its SHA-256 is ${sha256}, which is not in ${basename(file)}.sha256.`);
  const signedBy =
    caPem === undefined
      ? null
      : checkSignature(line, (await read(`${file}.sha256.sig`, BESIDE_MAX)).toString('utf8'), caPem);
  const { version, target, hashes, manifest } = readFiles(file, await unpacked(file, archive));
  const listed = listedHashes(manifest);
  const wrong = [...new Set([...hashes.keys(), ...listed.keys()])].filter(
    (path) => hashes.get(path) !== listed.get(path),
  );
  if (manifest === '' || wrong.length > 0)
    throw unfit(file, `Its list of hashes does not fit: ${wordList(wrong, 3) || 'it is missing'}.`);
  return { file, sha256, files: hashes.size, version, target, signed_by: signedBy };
}

async function read(file: string, most: number): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > most) throw unfit(file, `It has ${size} bytes, and ${most} is the most.`);
    return await readFile(file);
  } catch (error) {
    throw fileError(error, 'The bundle cannot be read', true);
  }
}

async function unpacked(file: string, archive: Buffer): Promise<Buffer> {
  try {
    return await unpack(archive, { maxOutputLength: UNPACKED_MAX });
  } catch (cause) {
    throw unfit(file, `It cannot be unpacked: ${cause instanceof Error ? cause.message : cause}.`);
  }
}

interface BundleFiles {
  version: string;
  target: string;
  /** SHA-256 by path, of all files but the list. */
  hashes: Map<string, string>;
  manifest: string;
}

function readFiles(file: string, tar: Buffer): BundleFiles {
  const found: BundleFiles = { version: '', target: '', hashes: new Map(), manifest: '' };
  try {
    for (const { path, bytes } of readTar(tar)) {
      const [, version = '', target = '', inside = ''] = NAME.exec(path) ?? [];
      const isOther = found.version !== '' && (version !== found.version || target !== found.target);
      if (inside === '' || isOther) throw new TarInvalidError(`${path} is no part of a bundle`);
      if (found.hashes.has(inside)) throw new TarInvalidError(`${path} is there twice`);
      Object.assign(found, { version, target });
      if (inside === MANIFEST) found.manifest = Buffer.from(bytes).toString('utf8');
      else found.hashes.set(inside, createHash('sha256').update(bytes).digest('hex'));
    }
  } catch (cause) {
    if (!(cause instanceof TarInvalidError)) throw cause;
    throw unfit(file, `It is no archive of ours: ${cause.message}.`);
  }
  return found;
}

function listedHashes(manifest: string): Map<string, string> {
  return new Map([...manifest.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)].map(([, hash = '', path = '']) => [path, hash]));
}

function unfit(file: string, why: string): GrafosError {
  return new GrafosError('bundle_unfit', `${file} is not a bundle that can be trusted.`, {
    why,
    next: 'Do not install it. Make it anew: grafos cell bundle; or get it again from whoever made it.',
  });
}
