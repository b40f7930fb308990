import { type FSWatcher, watch } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DaemonName } from '../../daemons/protocol/devState.ts';
import { fileError } from '../files/fileError.ts';
import { makeProgramState } from './programState.ts';
import { daemonLogFile, stackPaths } from './stackPaths.ts';

export interface LogTail {
  daemon: DaemonName;
  file: string;
  lines: string[];
  /** Bytes of whole lines that the log had. */
  bytes: number;
}

/** The last lines of each daemon's log; no lines where it never ran. */
export async function readLogs(programRoot: string, daemons: DaemonName[], lines: number): Promise<LogTail[]> {
  const paths = stackPaths(programRoot);
  return Promise.all(
    daemons.map(async (daemon) => {
      const file = daemonLogFile(paths, daemon);
      const content = await readFile(file).catch((error) => {
        if (error.code === 'ENOENT') return Buffer.alloc(0);
        throw fileError(error, `The log of ${daemon} cannot be read`);
      });
      const whole = content.subarray(0, content.lastIndexOf(10) + 1);
      const all = whole.toString('utf8').split('\n').slice(0, -1);
      return { daemon, file, lines: lines === 0 ? [] : all.slice(-lines), bytes: whole.length };
    }),
  );
}

/**
 * Tells every line that is added after `tails`, until `signal` aborts. A log started anew by a `dev up` is followed from its beginning.
 * @throws GrafosError when the folder of the logs cannot be watched.
 */
export async function followLogs(
  programRoot: string,
  tails: LogTail[],
  signal: AbortSignal,
  onLine: (daemon: DaemonName, line: string) => void,
): Promise<void> {
  if (signal.aborted) return;
  // A stack that is yet to be started is followed too.
  await makeProgramState(programRoot, 'dev/logs');
  const read = new Map(tails.map(({ file, bytes }) => [file, bytes]));
  // One after another, so that two changes close together cannot print a line twice.
  let queue = Promise.resolve();
  const look = (tail: LogTail) => {
    queue = queue.then(async () => {
      for (const line of await newLines(tail.file, read)) onLine(tail.daemon, line);
    });
    // A log between two starts is not there for an instant; its next change is told again.
    queue = queue.catch(() => {});
  };
  let watcher: FSWatcher;
  try {
    watcher = watch(stackPaths(programRoot).logs, (_event, name) => {
      for (const tail of tails) if (name === null || basename(tail.file) === name) look(tail);
    });
  } catch (error) {
    throw fileError(error, 'The logs cannot be followed');
  }
  for (const tail of tails) look(tail);
  const ended = Promise.withResolvers<void>();
  const end = () => ended.resolve();
  signal.addEventListener('abort', end, { once: true });
  watcher.once('error', (error) => ended.reject(fileError(error, 'The logs cannot be followed')));
  try {
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', end);
    watcher.close();
    await queue;
  }
}

/** The whole lines that `file` has beyond the bytes read so far. */
async function newLines(file: string, read: Map<string, number>): Promise<string[]> {
  await using handle = await open(file, 'r');
  const { size } = await handle.stat();
  const known = read.get(file) ?? 0;
  const start = size < known ? 0 : known;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
  const whole = buffer.subarray(0, buffer.lastIndexOf(10, bytesRead - 1) + 1);
  read.set(file, start + whole.length);
  return whole.toString('utf8').split('\n').slice(0, -1);
}
