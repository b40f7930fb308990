import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GrafosError } from '../daemons/protocol/grafosError.ts';
import { type Manifest, parseManifest, type Tasklet } from './manifest.ts';

export const MANIFEST_NAME = 'grafos.toml';

export interface Program {
  /** Absolute path of the program's folder. */
  root: string;
  manifestPath: string;
  manifest: Manifest;
}

/** More than any manifest; a stray file of that name must not be parsed for seconds. */
export const MANIFEST_MAX_BYTES = 1024 * 1024;

/**
 * The program `startDir` is in: its manifest, or that of the nearest folder above.
 * @throws GrafosError `usage`: `manifest_missing`, `manifest_unreadable`, `manifest_invalid`.
 */
export function loadProgram(startDir: string): Program {
  const root = findProgram(startDir);
  if (root === null) {
    throw new GrafosError(
      'usage',
      'manifest_missing',
      `There is no ${MANIFEST_NAME} in ${resolve(startDir)} or in a folder above it.`,
      {
        why: 'The manifest says what the tasklets are and what they may use.',
        next: 'Go to the folder of a program, or make one with `grafos new`.',
      },
    );
  }
  const manifestPath = join(root, MANIFEST_NAME);
  const { manifest, problems } = parseManifest(readManifest(manifestPath));
  if (manifest === null) {
    const errors = problems.filter(({ severity }) => severity === 'error');
    const first = errors[0];
    throw new GrafosError(
      'usage',
      'manifest_invalid',
      `${manifestPath}${first === undefined ? '' : `:${first.range.start.line + 1}:${first.range.start.character + 1}`}: ${first?.message ?? 'the manifest cannot be used.'}`,
      {
        ...(errors.length > 1 ? { why: `${errors.length} problems were found; this is the first.` } : {}),
        next: 'Correct the manifest; `grafos validate` lists everything that is wrong with it.',
      },
    );
  }
  return { root, manifestPath, manifest };
}

/** The folder of the nearest manifest at or above `startDir`, or null. */
export function findProgram(startDir: string): string | null {
  for (let folder = resolve(startDir); ; folder = dirname(folder)) {
    if (isThere(join(folder, MANIFEST_NAME))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

/** What cannot be looked at (a link to itself, a folder without permission) is there: reading it says what is wrong. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** @throws GrafosError `usage`, `manifest_unreadable`. */
export function readManifest(path: string): string {
  const unreadable = (why: string, next: string, cause?: unknown) =>
    new GrafosError('usage', 'manifest_unreadable', `${path} cannot be read.`, { why, next, cause });
  let bytes: Buffer;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw unreadable('It is not a file.', 'Remove or rename it.');
    if (stat.size > MANIFEST_MAX_BYTES)
      throw unreadable('It is larger than 1 MiB.', 'A manifest is a few lines: check which file this is.');
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof GrafosError) throw error;
    throw unreadable(
      error instanceof Error ? error.message : String(error),
      'Check the permissions of the file.',
      error,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable('It is not UTF-8 text, which TOML requires.', 'Save the file as UTF-8.', error);
  }
}

/** @throws GrafosError `usage`, `tasklet_unknown`. With no name the program's only tasklet is meant. */
export function findTasklet(program: Program, name: string | undefined): Tasklet {
  const { tasklets } = program.manifest;
  const names = tasklets.map((tasklet) => tasklet.name).join(', ');
  const only = tasklets[0];
  if (name === undefined) {
    if (only !== undefined && tasklets.length === 1) return only;
    throw new GrafosError(
      'usage',
      'tasklet_needed',
      tasklets.length === 0 ? 'The program has no tasklet.' : `The program has ${tasklets.length} tasklets: ${names}.`,
      {
        next: tasklets.length === 0 ? 'Add a [[tasklet]] to grafos.toml.' : 'Say which one with --tasklet NAME.',
      },
    );
  }
  const found = tasklets.find((tasklet) => tasklet.name === name);
  if (found !== undefined) return found;
  throw new GrafosError('usage', 'tasklet_unknown', `${program.manifestPath} has no tasklet "${name}".`, {
    next: names === '' ? 'Add a [[tasklet]] to grafos.toml.' : `Its tasklets are: ${names}.`,
  });
}
