import { basename } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { DAEMON_NAMES, type DaemonName, type DevState } from '../../daemons/wire/devState.ts';
import { fileError, isDiskFull } from '../files/fileError.ts';
import { readDevState, strangeStack } from './devState.ts';
import { endProcess } from './endProcess.ts';
import { makeProgramState } from './programState.ts';
import { lockStack } from './stackLock.ts';
import { type StackPaths, stackPaths } from './stackPaths.ts';
import { type StackWork, stackWork } from './stackWork.ts';
import { stateOwner } from './stateOwner.ts';

export interface DevDown {
  /** The end of each daemon; none when no stack was there. */
  daemons: Partial<Record<DaemonName, 'absent' | 'stopped' | 'killed'>>;
  /**
   * Runs and leases that ended with the stack; null when there was no stack, or no answer from it.
   */
  ended: StackWork | null;
  /** The fault of an untrusted `dev.json`. Nothing in it was believed, and no process ended. */
  warning: string | null;
  logs: string;
  /** Milliseconds. */
  duration_ms: number;
}

/**
 * Ends the local stack of a program; leaves its logs and its runs. Ending what does not run is no
 * error.
 */
export async function devDown(programRoot: string, signal: AbortSignal): Promise<DevDown> {
  const begun = performance.now();
  const paths = stackPaths(programRoot);
  let daemons: DevDown['daemons'] = {};
  let ended: StackWork | null = null;
  let warning: string | null = null;
  try {
    // A folder of a grafos that kept no records may have a stack; its daemons end once it is set
    // aside. It goes first, so that no look at it says that `dev up` would do this.
    if (stateOwner(programRoot).kind === 'foreign') await makeProgramState(programRoot);
    const state = await readDevState(paths);
    warning = state === undefined ? await strangeStack(paths) : null;
    if (StateFolder.findAt(paths.dir) !== undefined) {
      await using _lock = await lockWhereRoom(paths, signal);
      // Read again: another `dev up` may have finished while we waited.
      const now = (await readDevState(paths)) ?? state;
      if (now !== undefined) ended = await stackWork(programRoot, signal);
      daemons = await endStack(paths, now);
    }
  } catch (error) {
    throw fileError(error, 'The stack cannot be ended');
  }
  return { daemons, ended, warning, logs: paths.logs, duration_ms: performance.now() - begun };
}

/**
 * Takes the lock where the disk has room for it. On a full disk the stack is ended without it: a
 * lock is refused for want of room only after no living process was found to have one, and none can
 * start a stack there.
 */
async function lockWhereRoom({ lock }: StackPaths, signal: AbortSignal): Promise<AsyncDisposable> {
  try {
    return await lockStack(lock, signal);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return { [Symbol.asyncDispose]: async () => {} };
  }
}

/**
 * Ends the daemons of `state` and removes what must not outlive them: `dev.json` and every key. The
 * caller holds the lock.
 */
export async function endStack(paths: StackPaths, state: DevState | undefined): Promise<DevDown['daemons']> {
  const folder = StateFolder.at(paths.dir);
  const file = basename(paths.state);
  // Windows has no polite signal: the daemons see their dev.json go and stop.
  if (process.platform === 'win32') folder.remove(file);
  const ended = await Promise.all(
    (state === undefined ? [] : DAEMON_NAMES).map(
      async (name) => [name, await endProcess((state as DevState).daemons[name])] as const,
    ),
  );
  // Halves of a dev.json are left by a `dev up` that was killed while it wrote.
  const halves = folder.names().filter((name) => name.startsWith(`.${file}.`));
  for (const name of [file, ...halves, basename(paths.trust)]) folder.remove(name);
  return Object.fromEntries(ended);
}
