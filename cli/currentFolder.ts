import { GrafosError } from '../base/grafosError.ts';

/**
 * The folder that the command was started in.
 *
 * @throws {GrafosError} current_folder_gone
 */
export function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw currentFolderFault(error);
  }
}

/**
 * Turns the operating system's refusal to name the current folder into an error with advice. Any
 * other error is returned as it is.
 */
export function currentFolderFault(error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  if (error.syscall !== 'uv_cwd' || error.code !== 'ENOENT') return error;
  return new GrafosError('current_folder_gone', 'The current folder is not there any more.', {
    why: 'It, or a folder around it, was removed or made anew after this shell went into it.',
    next: 'Go to a folder that is there (cd), and run the command again.',
    cause: error,
  });
}
