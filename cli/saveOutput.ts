import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileError } from '../toolchain/files/fileError.ts';
import type { ShownOutput } from '../toolchain/output/shownOutput.ts';

/**
 * Writes the bytes of an output, as the tasklet wrote them, to the file of `--output`.
 *
 * @throws {GrafosError} a file error's code
 */
export async function saveOutput(cwd: string, file: string, { bytes }: ShownOutput): Promise<void> {
  if (bytes === null) throw new Error('the bytes of the output were not asked for');
  try {
    await writeFile(resolve(cwd, file), bytes);
  } catch (error) {
    throw fileError(error, 'The output cannot be written', true);
  }
}
