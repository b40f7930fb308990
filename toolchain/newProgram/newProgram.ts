import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { makeFolders } from '../../daemons/protocol/makeFolders.ts';
import { NAME_PATTERN } from '../../program/manifestKeys.ts';
import { writeEditorTypes } from '../build/editorTypes.ts';
import { fileError } from '../files/fileError.ts';
import { assemblyScriptTemplate } from './assemblyScriptTemplate.ts';
import type { ProgramFiles } from './programFiles.ts';
import { rustTemplate } from './rustTemplate.ts';
import { watTemplate } from './watTemplate.ts';

export const TEMPLATES = ['assemblyscript', 'rust', 'wat'] as const;
export type Template = (typeof TEMPLATES)[number];

export interface NewProgram {
  /** Absolute. */
  dir: string;
  name: string;
  template: Template;
  /** The written files, relative with `/`, sorted; the state folder `.grafos` is not among them. */
  files: string[];
}

const TEMPLATE: Record<Template, (name: string) => ProgramFiles> = {
  assemblyscript: assemblyScriptTemplate,
  rust: rustTemplate,
  wat: watTemplate,
};

/**
 * Lays out a program with one tasklet and its fixtures, whole or not at all. The folder may exist
 * when it is empty. Nothing is ever overwritten.
 *
 * @throws {GrafosError} name_invalid, folder_not_empty, and the errors of the file system
 */
export async function newProgram(options: { dir: string; name: string; template: Template }): Promise<NewProgram> {
  const dir = resolve(options.dir);
  const { name, template } = options;
  if (!new RegExp(NAME_PATTERN).test(name)) {
    throw new GrafosError('usage', 'name_invalid', `"${name}" cannot be the name of a program.`, {
      why: 'A name has 1 to 63 lowercase letters, digits and hyphens, and begins with a letter.',
      next: `Give another, for example --name ${suggestion(name)}.`,
    });
  }
  const files = TEMPLATE[template](name);
  const staging = join(dirname(dir), `.${basename(dir)}.${process.pid}.${randomBytes(4).toString('hex')}`);
  try {
    const isThere = await refuseIfUsed(dir);
    makeFolders(dirname(dir));
    for (const [path, content] of files) {
      const file = join(staging, ...path.split('/'));
      makeFolders(dirname(file));
      await writeFile(file, content);
    }
    if (isThere) await moveInto(staging, dir);
    else await rename(staging, dir);
  } catch (error) {
    throw fileError(error, `The program cannot be made in ${dir}`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  // Every build writes them too, so that a program is whole where no state can be kept.
  if (template === 'assemblyscript') await writeEditorTypes(dir).catch(() => {});
  return { dir, name, template, files: [...files.keys()].sort() };
}

async function refuseIfUsed(dir: string): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  if (names.length === 0) return true;
  throw new GrafosError('usage', 'folder_not_empty', `${dir} is not empty.`, {
    why: 'A new program never overwrites anything.',
    next: 'Give the path of a folder that is not there yet.',
  });
}

/** An empty folder stays the one it is: somebody may be in it. */
async function moveInto(staging: string, dir: string): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of await readdir(staging)) {
      await rename(join(staging, name), join(dir, name));
      moved.push(name);
    }
  } catch (error) {
    for (const name of moved) await rm(join(dir, name), { recursive: true, force: true });
    throw error;
  }
}

function suggestion(name: string): string {
  const plain = name
    .normalize('NFKD')
    // The dots of an ü are not a place to break the word.
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63);
  return plain === '' ? 'my-program' : plain;
}
