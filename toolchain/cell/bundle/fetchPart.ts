import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GrafosError } from '../../../base/grafosError.ts';
import type { BundlePart } from './bundleParts.ts';
import { readTar, type TarFile } from './tarArchive.ts';

const run = promisify(execFile);
const unpack = promisify(gunzip);

/** Bytes of the largest unpacked package. That of Node has 190 million. */
const UNPACKED_MAX = 512 * 1024 * 1024;

/**
 * Fetches a package through the npm client of this machine, and takes its files for a bundle. The
 * archive must have the very hash that is written down for it.
 *
 * @throws {GrafosError} npm_failed, bundle_part_differs
 */
export async function fetchPart(part: BundlePart, signal: AbortSignal): Promise<TarFile[]> {
  const archive = await packedBy(part, signal);
  const hash = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (hash !== part.integrity) throw differs(part, `Its archive has the hash ${hash}, not ${part.integrity}.`);
  const files: TarFile[] = [];
  for (const { path, bytes, isExecutable } of readTar(await unpack(archive, { maxOutputLength: UNPACKED_MAX }))) {
    const name = path.slice(path.indexOf('/') + 1);
    if (part.files.includes(name)) files.push({ path: `${part.into}/${name}`, bytes, isExecutable });
  }
  const missing = part.files.find((name) => !files.some(({ path }) => path === `${part.into}/${name}`));
  if (missing !== undefined) throw differs(part, `It has no file ${missing}.`);
  return files;
}

async function packedBy({ name, version }: BundlePart, signal: AbortSignal): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'grafos-part-'));
  try {
    const npm = process.env.npm_execpath;
    const isScript = npm !== undefined && /\.c?js$/.test(npm);
    const [command, first] = isScript ? [process.execPath, [npm]] : ['npm', []];
    const args = [
      ...first,
      'pack',
      `${name}@${version}`,
      '--ignore-scripts',
      '--loglevel=error',
      '--pack-destination',
      '.',
    ];
    // On Windows npm is a script, which needs a shell; nothing in the arguments does.
    const shell = !isScript && process.platform === 'win32';
    await run(command, args, { cwd: folder, shell, signal });
    const [archive, ...more] = await readdir(folder);
    if (archive === undefined || more.length > 0) throw new Error('npm packed no archive');
    return await readFile(join(folder, archive));
  } catch (cause) {
    signal.throwIfAborted();
    throw new GrafosError('npm_failed', `npm could not bring ${name} ${version}.`, {
      why: whyOf(cause),
      next: 'Check that npm is installed and reaches its registry, then run the command again.',
      cause,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function whyOf(cause: unknown): string {
  if (cause instanceof Error && 'stderr' in cause && typeof cause.stderr === 'string' && cause.stderr.trim() !== '')
    return firstLines(cause.stderr.trim(), 3);
  return cause instanceof Error ? cause.message : String(cause);
}

/** The first lines of a text; a last line of `…` says that there are more. */
function firstLines(text: string, most: number): string {
  const lines = text.split('\n');
  return lines.length > most ? [...lines.slice(0, most), '…'].join('\n') : text;
}

function differs({ name, version }: BundlePart, why: string): GrafosError {
  return new GrafosError('bundle_part_differs', `The package ${name} ${version} is not the one it should be.`, {
    why,
    next: 'Do not use it. Look at the registry that npm is set to: npm config get registry',
  });
}
