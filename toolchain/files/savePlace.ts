import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { findProgram } from '../../program/loadProgram.ts';
import { fileError } from './fileError.ts';
import { isInside } from './isInside.ts';

/** The place where the bytes go for which a person named a file. */
export interface SavePlace {
  path: string;
  /** A pipe, a device and an open file of a process are written in place. */
  kind: 'file' | 'pipe' | 'device';
}

/** Folders of devices, and of the open files of processes. */
const DEVICES = /^\/(?:dev|proc)(?:\/|$)/;

/**
 * Finds the place of a file that a person named, before anything is written.
 *
 * A link is followed, but for one in a program that leads out of it: a stranger may have made it.
 * That one is replaced.
 *
 * @param file absolute
 * @param what beginning of an error's message, such as "The output cannot be written"
 * @throws {GrafosError} not_a_file, not_a_folder, and a file error's code
 */
export function savePlace(file: string, what: string): SavePlace {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory()) throw notAFile(`${what}: ${file} is a folder.`, 'Give the path of a file.');
    if (stats?.isSocket()) throw notAFile(`${what}: ${file} is a socket.`, 'Give the path of a file.');
    // The folder must be there: a name in no folder is refused now, and not after a run.
    const folder = realpathSync.native(dirname(file));
    if (!statSync(folder).isDirectory()) {
      throw new GrafosError('not_a_folder', `${what}: ${folder} is not a folder.`, {
        kind: 'usage',
        next: 'Check the path.',
      });
    }
    if (leadsOut(file, stats)) return { path: file, kind: 'file' };
    if (stats?.isFIFO()) return { path: file, kind: 'pipe' };
    if (stats?.isCharacterDevice() || DEVICES.test(folder)) return { path: file, kind: 'device' };
    return { path: stats === undefined ? file : realpathSync.native(file), kind: 'file' };
  } catch (error) {
    throw fileError(error, what, true);
  }
}

/** Says whether a path is a link in a program that leads out of it. */
function leadsOut(file: string, stats: Stats | undefined): boolean {
  if (stats === undefined || !lstatSync(file).isSymbolicLink()) return false;
  const program = findProgram(dirname(file));
  return program !== null && !isInside(realpathSync.native(program), realpathSync.native(file));
}

function notAFile(message: string, next: string): GrafosError {
  return new GrafosError('not_a_file', message, { kind: 'usage', next });
}
