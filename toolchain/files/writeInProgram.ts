import { basename, join } from 'node:path';
import { outputFolder } from './outputFolder.ts';
import { writeAtomically } from './writeAtomically.ts';

/**
 * Writes a file of a program, whole or not at all. A link on the way may lead to another folder of
 * the program and nowhere else; a link in the place of the file is replaced, never followed.
 *
 * @param path of the file, relative to the program
 * @returns real path of the file
 * @throws {GrafosError} output_outside
 * @throws an error of the file system
 */
export async function writeInProgram(programRoot: string, path: string, content: string | Uint8Array): Promise<string> {
  const file = join(outputFolder(programRoot, path), basename(path));
  await writeAtomically(file, content);
  return file;
}
