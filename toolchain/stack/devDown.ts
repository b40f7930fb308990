import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DAEMON_NAMES, type DaemonName, type DevState } from '../../daemons/protocol/devState.ts';
import { fileError } from '../files/fileError.ts';
import { readDevState, strangeStack } from './devState.ts';
import { endProcess } from './endProcess.ts';
import { lockStack } from './stackLock.ts';
import { type StackPaths, stackPaths } from './stackPaths.ts';

export interface DevDown {
  /** How each daemon ended; none when no stack was there. */
  daemons: Partial<Record<DaemonName, 'absent' | 'stopped' | 'killed'>>;
  /** The fault of the `dev.json` that was there, of which nothing was believed and no process ended. */
  warning: string | null;
  logs: string;
  /** Milliseconds. */
  duration_ms: number;
}

/** Ends the local stack of a program; leaves its logs and its runs. Ending what does not run is no error. */
export async function devDown(programRoot: string, signal: AbortSignal): Promise<DevDown> {
  const begun = performance.now();
  const paths = stackPaths(programRoot);
  const state = await readDevState(paths);
  const warning = await strangeStack(paths);
  let daemons: DevDown['daemons'] = {};
  try {
    await using _lock = await lockStack(paths.lock, signal);
    // Read again: another `dev up` may have finished while we waited.
    daemons = await endStack(paths, (await readDevState(paths)) ?? state);
  } catch (error) {
    // Without the folder there is no stack to end.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      throw fileError(error, 'The stack cannot be ended');
  }
  return { daemons, warning, logs: paths.logs, duration_ms: performance.now() - begun };
}

/** Ends the daemons of `state` and removes what must not outlive them: `dev.json` and every key. The caller holds the lock. */
export async function endStack(paths: StackPaths, state: DevState | undefined): Promise<DevDown['daemons']> {
  // Windows has no polite signal: the daemons see their dev.json go and stop.
  if (process.platform === 'win32') await rm(paths.state, { force: true });
  const ended = await Promise.all(
    (state === undefined ? [] : DAEMON_NAMES).map(
      async (name) => [name, await endProcess((state as DevState).daemons[name])] as const,
    ),
  );
  // Halves of a dev.json are left by a `dev up` that was killed while it wrote.
  const halves = (await readdir(paths.dir)).filter((name) => name.startsWith(`.${basename(paths.state)}.`));
  await Promise.all(
    [paths.state, ...halves.map((name) => join(paths.dir, name))].map((file) => rm(file, { force: true })),
  );
  await rm(paths.trust, { recursive: true, force: true });
  return Object.fromEntries(ended);
}
