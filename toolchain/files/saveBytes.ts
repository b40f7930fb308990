import { constants, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { fileError } from './fileError.ts';
import { savePlace } from './savePlace.ts';
import { writeAtomically } from './writeAtomically.ts';

/**
 * Writes bytes to a file that a person named ({@link savePlace}). A file that is there keeps its
 * mode, and its content where the write fails.
 *
 * @param file absolute
 * @param what beginning of the error's message, such as "The output cannot be written"
 * @throws {GrafosError} not_a_file, and a file error's code
 */
export async function saveBytes(file: string, bytes: Uint8Array, what: string): Promise<void> {
  const { path, kind } = savePlace(file, what);
  try {
    if (kind === 'file') await writeAtomically(path, bytes);
    else if (kind === 'device') await writeFile(path, bytes);
    else await writeToPipe(path, bytes);
  } catch (error) {
    throw fileError(error, what, true);
  }
}

/** Writes to a named pipe, where a plain open would wait for a reader and for no signal. */
async function writeToPipe(path: string, bytes: Uint8Array): Promise<void> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    throw new GrafosError('not_a_file', `${path} is a pipe that nobody reads.`, {
      kind: 'usage',
      next: 'Start its reader first, or give the path of a file.',
      cause: error,
    });
  }
  const pipe = new Socket({ fd, readable: false, writable: true });
  pipe.end(bytes);
  await finished(pipe, { readable: false });
}
