import { closeSync, fstatSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { watchFolder } from '../../base/files/watchFolder.ts';
import type { DaemonName } from '../../daemons/wire/devState.ts';
import { fileError } from '../files/fileError.ts';
import { findProgramState, makeProgramState } from './programState.ts';
import { daemonLogFile, stackPaths } from './stackPaths.ts';

/** Bytes of a log, from its end, that are read at one time. */
const TAIL_BYTES = 16 * 1024 * 1024;

export interface LogTail {
  daemon: DaemonName;
  file: string;
  lines: string[];
  /** Bytes of whole lines that the log had. */
  bytes: number;
}

/** Reads the last lines of each daemon's log; none where it never ran. */
export async function readLogs(programRoot: string, daemons: DaemonName[], lines: number): Promise<LogTail[]> {
  const paths = stackPaths(programRoot);
  const folder = findProgramState(programRoot, basename(paths.dir), basename(paths.logs));
  return daemons.map((daemon) => {
    const file = daemonLogFile(paths, daemon);
    try {
      const read = folder === undefined ? undefined : readFrom(folder, basename(file), 0);
      const all = linesOf(read?.bytes);
      return { daemon, file, lines: lines === 0 ? [] : all.slice(-lines), bytes: read?.end ?? 0 };
    } catch (error) {
      throw fileError(error, `The log of ${daemon} cannot be read`);
    }
  });
}

/**
 * Gives every line that is added after `tails`, until `signal` aborts. A log that a `dev up` starts
 * again is followed from its beginning.
 */
export async function followLogs(
  programRoot: string,
  tails: LogTail[],
  signal: AbortSignal,
  onLine: (daemon: DaemonName, line: string) => void,
): Promise<void> {
  if (signal.aborted) return;
  // A stack that is yet to be started is followed too.
  const logs = await makeProgramState(programRoot, 'dev', 'logs');
  const read = new Map(tails.map(({ file, bytes }) => [basename(file), bytes]));
  // One after another, so that two changes close together cannot print a line twice.
  let queue = Promise.resolve();
  const look = (tail: LogTail) => {
    queue = queue.then(() => {
      for (const line of newLines(logs, basename(tail.file), read)) onLine(tail.daemon, line);
    });
    // A log between two starts is absent for an instant. Its next change is reported again.
    queue = queue.catch(() => {});
  };
  const watching = watchFolder(logs.path, (name) => {
    for (const tail of tails) if (name === null || basename(tail.file) === name) look(tail);
  });
  for (const tail of tails) look(tail);
  const ended = Promise.withResolvers<void>();
  const end = () => ended.resolve();
  signal.addEventListener('abort', end, { once: true });
  try {
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', end);
    watching.close();
    await queue;
  }
}

/** The whole lines that a log has beyond the bytes read so far. */
function newLines(logs: StateFolder, name: string, read: Map<string, number>): string[] {
  const more = readFrom(logs, name, read.get(name) ?? 0);
  if (more !== undefined) read.set(name, more.end);
  return linesOf(more?.bytes);
}

/**
 * Reads the whole lines of a log from byte `start` on, or all of a log that is shorter than that:
 * it was started anew. Of more than {@link TAIL_BYTES} the end is read.
 */
function readFrom(logs: StateFolder, name: string, start: number): { bytes: Buffer; end: number } | undefined {
  const fd = logs.openRead(name);
  if (fd === undefined) return undefined;
  try {
    const { size } = fstatSync(fd);
    const from = Math.max(size < start ? 0 : start, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - from);
    const length = readSync(fd, buffer, 0, buffer.length, from);
    const bytes = buffer.subarray(0, buffer.subarray(0, length).lastIndexOf(10) + 1);
    return { bytes, end: from + bytes.length };
  } finally {
    closeSync(fd);
  }
}

function linesOf(bytes: Buffer | undefined): string[] {
  return bytes === undefined ? [] : bytes.toString('utf8').split('\n').slice(0, -1);
}
