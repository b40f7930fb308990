import { type ErrorCode, kindsOf } from '../../base/errorCodes.ts';
import { GrafosError } from '../../base/grafosError.ts';

/**
 * Turns the operating system's error of a failed file operation into an error with advice. Any
 * other error is returned as it is.
 *
 * @param isGiven the command line named the path, so a wrong path is wrong usage
 */
export function fileError(error: unknown, what: string, isGiven = false): unknown {
  const advice = adviceOn(error);
  if (advice === undefined) return error;
  const path = error instanceof Error && 'path' in error ? ` (${String(error.path)})` : '';
  return new GrafosError(advice.code, `${what}: ${advice.why}${path}.`, {
    kind: isGiven && kindsOf(advice.code).includes('usage') ? 'usage' : 'unreachable',
    next: advice.next,
    cause: error,
  });
}

/** True for the operating system's error of a full disk. */
export function isDiskFull(error: unknown): boolean {
  return adviceOn(error)?.code === 'disk_full';
}

function adviceOn(error: unknown): Advice | undefined {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isWatch = error instanceof Error && 'syscall' in error && error.syscall === 'watch';
  return isWatch ? WATCHES[errno] : ADVICE[errno];
}

/** Says as a sentence why a file operation failed; the system's own words where there are none. */
export function fileFault(error: unknown): string {
  const known = error instanceof Error && 'code' in error ? ADVICE[String(error.code)]?.why : undefined;
  const why = known ?? (error instanceof Error ? error.message : String(error));
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}${/[.!?]$/.test(why) ? '' : '.'}`;
}

interface Advice {
  code: ErrorCode;
  why: string;
  next: string;
}

const TOO_MANY_WATCHES: Advice = {
  code: 'too_many_watched_files',
  why: 'this user watches too many files already',
  next: 'Raise fs.inotify.max_user_watches and max_user_instances, or close another watcher.',
};
/**
 * The meaning of the same numbers when a file is watched (inotify_init(2), inotify_add_watch(2)).
 */
const WATCHES: Record<string, Advice> = {
  ENOSPC: TOO_MANY_WATCHES,
  EMFILE: TOO_MANY_WATCHES,
};

const FOLDER_IN_THE_WAY: Advice = { code: 'not_a_file', why: 'it is a folder', next: 'Give the path of a file.' };

const ADVICE: Record<string, Advice> = {
  EACCES: { code: 'permission_denied', why: 'permission denied', next: 'Check the owner and mode of the folder.' },
  EPERM: { code: 'permission_denied', why: 'operation not permitted', next: 'Check the owner and mode of the folder.' },
  EROFS: {
    code: 'permission_denied',
    why: 'the file system is read-only',
    next: 'Work in a folder that can be written.',
  },
  ENOSPC: { code: 'disk_full', why: 'no space left on the device', next: 'Free some space and run the command again.' },
  EDQUOT: { code: 'disk_full', why: 'the disk quota is used up', next: 'Free some space and run the command again.' },
  ENOTDIR: { code: 'not_a_folder', why: 'a part of the path is not a folder', next: 'Move that file out of the way.' },
  EEXIST: { code: 'not_a_folder', why: 'a file is where a folder must be', next: 'Move that file out of the way.' },
  EISDIR: FOLDER_IN_THE_WAY,
  // Node's own, of `rm`.
  ERR_FS_EISDIR: FOLDER_IN_THE_WAY,
  ENOTEMPTY: {
    code: 'not_a_file',
    why: 'a folder with something in it is where a file must be',
    next: 'Move that folder out of the way.',
  },
  EBUSY: { code: 'not_a_file', why: 'the system uses it for something else', next: 'Give another path.' },
  EPIPE: { code: 'not_a_file', why: 'the reader of the pipe has ended', next: 'Start it again, or give a file.' },
  ENOENT: { code: 'no_such_file', why: 'there is no such file or folder', next: 'Check the path.' },
  ENAMETOOLONG: { code: 'path_too_long', why: 'the path is too long', next: 'Use a shorter path.' },
  EMFILE: {
    code: 'too_many_files',
    why: 'too many open files',
    next: 'Raise the limit (ulimit -n) and run the command again.',
  },
};
