import { lstat, writeFile } from 'node:fs/promises';
import { fileError } from './fileError.ts';
import { writeAtomically } from './writeAtomically.ts';

/**
 * Writes bytes to a file that a person named. A link in its place is replaced, never followed: a
 * stranger's program may have one that leads out of it. A device or pipe is written to directly.
 *
 * @param what beginning of the error's message, such as "The output cannot be written"
 * @throws {GrafosError} a file error's code
 */
export async function saveBytes(file: string, bytes: Uint8Array, what: string): Promise<void> {
  try {
    const there = await lstat(file).catch(() => null);
    const isStream = there !== null && (there.isFIFO() || there.isCharacterDevice() || there.isSocket());
    await (isStream ? writeFile(file, bytes) : writeAtomically(file, bytes));
  } catch (error) {
    throw fileError(error, what, true);
  }
}
