import { watch } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { DaemonName } from '../../daemons/protocol/devState.ts';
import { daemonLogFile } from './devUp.ts';

export interface LogTail {
  daemon: DaemonName;
  file: string;
  lines: string[];
}

/** The last lines of each daemon's log; no lines where it never ran. */
export async function readLogs(programRoot: string, daemons: DaemonName[], lines: number): Promise<LogTail[]> {
  return Promise.all(
    daemons.map(async (daemon) => {
      const file = daemonLogFile(programRoot, daemon);
      const text = await readFile(file, 'utf8').catch(() => '');
      return { daemon, file, lines: lines === 0 ? [] : text.split('\n').slice(0, -1).slice(-lines) };
    }),
  );
}

/** Tells every line that is added to the logs, until `signal` aborts. A log started anew by a `dev up` is followed from its beginning. */
export async function followLogs(
  programRoot: string,
  daemons: DaemonName[],
  signal: AbortSignal,
  onText: (daemon: DaemonName, text: string) => void,
): Promise<void> {
  const [first] = daemons;
  if (first === undefined || signal.aborted) return;
  const read = new Map<string, number>();
  const names = new Map(daemons.map((daemon) => [basename(daemonLogFile(programRoot, daemon)), daemon]));
  const dir = dirname(daemonLogFile(programRoot, first));
  for (const daemon of daemons) {
    const file = daemonLogFile(programRoot, daemon);
    read.set(
      file,
      await stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  }
  // One after another, so that two changes close together cannot print a line twice.
  let queue = Promise.resolve();
  const more = async (daemon: DaemonName) => {
    const file = daemonLogFile(programRoot, daemon);
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    const from = read.get(file) ?? 0;
    const start = size < from ? 0 : from;
    if (size === start) return;
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    read.set(file, start + bytesRead);
    onText(daemon, buffer.toString('utf8', 0, bytesRead));
  };
  const watcher = watch(dir, (_event, name) => {
    const daemon = names.get(name ?? '');
    if (daemon !== undefined) queue = queue.then(() => more(daemon)).catch(() => {});
  });
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    watcher.once('error', () => resolve());
  });
  watcher.close();
  await queue;
}
