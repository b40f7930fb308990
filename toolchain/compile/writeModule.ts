import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileError } from '../files/fileError.ts';
import { outputFolder } from '../files/outputFolder.ts';
import { writeAtomically } from '../files/writeAtomically.ts';

/**
 * Writes a module and its source map into a program.
 *
 * @param path of the module, in the program
 * @throws {GrafosError} where a file cannot be written
 */
export async function writeModule(
  root: string,
  path: string,
  wasm: Uint8Array,
  sourceMap: string | null,
): Promise<void> {
  try {
    const output = join(outputFolder(root, path), basename(path));
    // The map first: whoever sees the new module finds the map that belongs to it.
    if (sourceMap === null) await rm(`${output}.map`, { force: true });
    else await writeAtomically(`${output}.map`, sourceMap);
    await writeAtomically(output, wasm);
  } catch (error) {
    throw fileError(error, `${join(root, path)} cannot be written`);
  }
}
