import { randomBytes } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Characters of the file's name in that of the temporary one, so that a long one fits, too. */
const NAME_MAX = 32;

/** Permissions of a new file, which the user's mask narrows. */
const NEW_FILE = 0o644;

/**
 * Writes a whole file or nothing: a reader sees the old content or the new, and a failure leaves
 * the old and no litter.
 *
 * @param mode permissions of the file; without, those that it had
 */
export async function writeAtomically(file: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const random = `${process.pid}.${randomBytes(4).toString('hex')}`;
  const temporary = join(dirname(file), `.${basename(file).slice(0, NAME_MAX)}.${random}`);
  try {
    const before = mode === undefined ? await lstat(file).catch(() => undefined) : undefined;
    {
      await using handle = await open(temporary, 'wx', mode ?? NEW_FILE);
      // The mask of the user does not count for a file that was there.
      if (before?.isFile()) await handle.chmod(before.mode & 0o777);
      await handle.writeFile(content);
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    // The temporary name says nothing to a reader.
    throw error instanceof Error && 'code' in error ? Object.assign(error, { path: file }) : error;
  }
}
