import { resolve } from 'node:path';
import { GrafosError } from '../base/grafosError.ts';
import { savePlace } from '../toolchain/files/savePlace.ts';

/** Beginnings of the messages of errors of `--output` and `--coverage`. */
export const OUTPUT_FAULT = 'The output cannot be written';
export const COVERAGE_FAULT = 'The coverage cannot be written';

/**
 * The absolute path of the file that an option names for a result. It is checked before the work
 * that makes the result.
 *
 * @param what beginning of an error's message, such as "The output cannot be written"
 * @returns undefined without the option
 * @throws {GrafosError} wrong_usage, not_a_file, and a file error's code
 */
export function outputFile(cwd: string, flag: string, path: string, what: string): string;
export function outputFile(cwd: string, flag: string, path: string | undefined, what: string): string | undefined;
export function outputFile(cwd: string, flag: string, path: string | undefined, what: string): string | undefined {
  if (path === undefined) return undefined;
  if (path === '') throw new GrafosError('wrong_usage', `${flag} is empty.`, { next: 'Give the path of a file.' });
  const file = resolve(cwd, path);
  savePlace(file, what);
  return file;
}
