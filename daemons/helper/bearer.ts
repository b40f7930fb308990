import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';

export interface Bearer {
  /** Compares in constant time. */
  matches(presented: string): boolean;
  /** Takes the file away, unless another helper has written its own bearer there since. */
  withdraw(): Promise<void>;
}

/**
 * Makes a new bearer (32 random bytes, base64url) and writes it to `file`, mode 0600, in one step.
 * The value never leaves this module but through that file.
 * @throws {GrafosError} bearer_file_not_written, state_unsafe
 */
export async function issueBearer(file: string): Promise<Bearer> {
  const value = randomBytes(32).toString('base64url');
  const expected = digest(value);
  const temporary = `${file}.${process.pid}.tmp`;
  // A stack's own folder is checked; a place given by hand is the choice of the person who gave it.
  if (StateFolder.holds(file)) StateFolder.at(dirname(file));
  try {
    // A left-over file of a recycled pid would keep its own mode. With `wx` the file is new, and so
    // is its mode.
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${value}\n`);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new GrafosError('bearer_file_not_written', `the helper cannot write its bearer to ${file}`, {
      why: error instanceof Error ? error.message : String(error),
      next: 'check that the folder exists, is yours, and that the disk is not full',
      cause: error,
    });
  }
  return {
    // Digests have one length for any value, so the comparison reveals nothing about the value.
    matches: (presented) => timingSafeEqual(digest(presented), expected),
    async withdraw() {
      const stands = await readFile(file, 'utf8').catch(() => '');
      if (stands.trim() === value) await rm(file, { force: true });
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
