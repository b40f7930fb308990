import type { ErrorCode, ErrorKind } from '../base/errorCodes.ts';
import { GrafosError } from '../base/grafosError.ts';
import type { ReadFault } from './programReader.ts';
import { formatSize } from './size.ts';

/**
 * An error for a person who asked for something that needs the file.
 *
 * @param path the file as that person knows it
 * @param what a sentence without its full stop on what was not possible
 */
export function readError(fault: ReadFault, path: string, what: string): GrafosError {
  const error = (code: ErrorCode, why: string, next: string, more: { kind?: ErrorKind; cause?: unknown } = {}) =>
    new GrafosError(code, `${what}: ${path}.`, { why, next, ...more });
  switch (fault.state) {
    case 'missing':
      return error('no_such_file', 'There is no such file or folder.', 'Check the path.');
    case 'not-a-file':
      return error(
        'not_a_file',
        'It is a folder, a device, a pipe or a socket.',
        'Put a file in its place, or correct the path.',
      );
    case 'too-large':
      return error(
        'file_too_large',
        `It has at least ${formatSize(fault.size)}, and a file of its kind has at most ${formatSize(fault.most)}.`,
        'Make it smaller; docs/reference/limits.md has all bounds of a program.',
      );
    case 'outside':
      return error(
        'file_outside_program',
        `Its links lead to ${fault.target}, outside of the program, and nothing of a program is read from there.`,
        'Put the file itself into the program, or install it as a package into node_modules.',
      );
    case 'too-much':
      return error(
        'program_too_large',
        `There is ${fault.what}, and no more is read at one time.`,
        'Take out what does not belong to the program; docs/reference/limits.md has all bounds.',
      );
    case 'unreadable':
      return error(
        fault.why === 'permission is denied' ? 'permission_denied' : 'file_unreadable',
        `${capital(fault.why)}.`,
        'Check the file, its owner and its mode.',
        { kind: 'unreachable', cause: fault.error },
      );
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
