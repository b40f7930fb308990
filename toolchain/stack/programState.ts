import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../files/fileError.ts';

/** Makes `.grafos/` of a program, with the `.gitignore` that keeps it out of every repository, and the given folders in it. @returns `.grafos` */
export async function makeProgramState(programRoot: string, ...folders: string[]): Promise<string> {
  const dir = join(programRoot, '.grafos');
  try {
    // Not recursive: that one says ENOENT where the file system is read-only (Node 24).
    await mkdir(dir, { mode: 0o700 }).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await writeFile(join(dir, '.gitignore'), '*\n', { flag: 'wx' }).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await Promise.all(folders.map((folder) => mkdir(join(dir, folder), { recursive: true, mode: 0o700 })));
  } catch (error) {
    throw fileError(error, `The state of the program cannot be kept in ${dir}`);
  }
  return dir;
}
