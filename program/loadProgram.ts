import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GrafosError } from '../base/grafosError.ts';
import { decodeText } from './decodeText.ts';
import { meantQuestion } from './didYouMean.ts';
import { type Manifest, parseManifest, type Tasklet } from './manifest.ts';
import { PROGRAM_LIMITS } from './programLimits.ts';
import { type FileRead, ProgramReader } from './programReader.ts';
import { readError } from './readError.ts';
import { formatSize } from './size.ts';

export const MANIFEST_NAME = 'grafos.toml';

export interface Program {
  /** Absolute path of the program's folder. */
  root: string;
  manifestPath: string;
  manifest: Manifest;
}

/**
 * Loads the program that `startDir` is in: its manifest, or that of the nearest folder above.
 *
 * @throws {GrafosError} manifest_missing, manifest_unreadable, manifest_invalid,
 *   file_outside_program
 */
export function loadProgram(startDir: string): Program {
  const root = rootOf(startDir);
  const path = join(root, MANIFEST_NAME);
  return programOf(root, new ProgramReader(root).read(path, 'manifest'));
}

/**
 * Loads a program as {@link loadProgram} does, without holding up the thread for the disk.
 *
 * @throws {GrafosError} manifest_missing, manifest_unreadable, manifest_invalid,
 *   file_outside_program
 */
export async function loadProgramSoon(startDir: string): Promise<Program> {
  const root = rootOf(startDir);
  const path = join(root, MANIFEST_NAME);
  return programOf(root, await new ProgramReader(root).readSoon(path, 'manifest'));
}

function rootOf(startDir: string): string {
  const root = findProgram(startDir);
  if (root !== null) return root;
  throw new GrafosError(
    'manifest_missing',
    `There is no ${MANIFEST_NAME} in ${resolve(startDir)} or in a folder above it.`,
    {
      why: 'The manifest says what the tasklets are and what they may use.',
      next: 'Go to the folder of a program, or make one with `grafos new`.',
    },
  );
}

function programOf(root: string, read: FileRead): Program {
  const manifestPath = join(root, MANIFEST_NAME);
  const { manifest, problems } = parseManifest(manifestText(manifestPath, read));
  if (manifest === null) {
    const errors = problems.filter(({ severity }) => severity === 'error');
    const first = errors[0];
    throw new GrafosError(
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

/**
 * Says whether something is at a path. A path that cannot be looked at (a link to itself, a folder
 * without permission) counts: reading it says what is wrong.
 */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function manifestText(path: string, read: FileRead): string {
  const unreadable = (why: string, next: string, cause?: unknown) =>
    new GrafosError('manifest_unreadable', `${path} cannot be read.`, { why, next, cause });
  switch (read.state) {
    case 'ok': {
      const text = decodeText(read.bytes);
      if (text === null) throw unreadable('It is neither UTF-8 nor UTF-16 text.', 'Save the file as UTF-8.');
      return text;
    }
    case 'not-a-file':
      throw unreadable('It is not a file.', 'Remove or rename it.');
    case 'too-large':
      throw unreadable(
        `It is larger than ${formatSize(PROGRAM_LIMITS.manifest)}.`,
        'A manifest is a few lines: check which file this is.',
      );
    case 'unreadable':
      throw unreadable(`${read.why}.`, 'Check the permissions of the file.', read.error);
    default:
      throw readError(read, path, 'The manifest cannot be read');
  }
}

/**
 * Finds a tasklet by its name. Without a name, the program's only tasklet is meant.
 *
 * @throws {GrafosError} tasklet_needed, tasklet_unknown
 */
export function findTasklet(program: Program, name: string | undefined): Tasklet {
  const { tasklets } = program.manifest;
  const names = tasklets.map((tasklet) => tasklet.name).join(', ');
  const only = tasklets[0];
  if (name === undefined) {
    if (only !== undefined && tasklets.length === 1) return only;
    throw new GrafosError(
      'tasklet_needed',
      tasklets.length === 0 ? 'The program has no tasklet.' : `The program has ${tasklets.length} tasklets: ${names}.`,
      {
        next: tasklets.length === 0 ? 'Add a [[tasklet]] to grafos.toml.' : 'Say which one with --tasklet NAME.',
      },
    );
  }
  const found = tasklets.find((tasklet) => tasklet.name === name);
  if (found !== undefined) return found;
  throw new GrafosError('tasklet_unknown', `${program.manifestPath} has no tasklet "${name}".`, {
    next:
      names === ''
        ? 'Add a [[tasklet]] to grafos.toml.'
        : `${meantQuestion(
            name,
            tasklets.map((tasklet) => tasklet.name),
          )}Its tasklets are: ${names}.`,
  });
}
