import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolders } from '../../base/files/makeFolders.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { writeEditorTypesIfUsed } from '../compile/editorTypes.ts';
import { fileError } from '../files/fileError.ts';

/**
 * Writes the files of a new program, whole or not at all. The folder may be there when it is empty;
 * nothing is ever overwritten.
 *
 * @param dir absolute path of the program
 * @param files path with `/` to content
 * @returns the files, relative with `/`, sorted; the state folder `.grafos` not among them
 * @throws {GrafosError} folder_not_empty, and what the file system says
 */
export async function layOutProgram(dir: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<string[]> {
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
  await writeEditorTypesIfUsed(dir).catch(() => {});
  return [...files.keys()].sort();
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
  throw new GrafosError('folder_not_empty', `${dir} is not empty.`, {
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
