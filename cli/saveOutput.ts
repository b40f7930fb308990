import { resolve } from 'node:path';
import { saveBytes } from '../toolchain/files/saveBytes.ts';
import type { ShownOutput } from '../toolchain/output/shownOutput.ts';

/**
 * Writes the bytes of an output, as the tasklet wrote them, to the file of `--output`.
 *
 * @throws {GrafosError} a file error's code
 */
export async function saveOutput(cwd: string, file: string, { bytes }: ShownOutput): Promise<void> {
  if (bytes === null) throw new Error('the bytes of the output were not asked for');
  await saveBytes(resolve(cwd, file), bytes, 'The output cannot be written');
}
