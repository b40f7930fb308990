import { basename } from 'node:path';
import { DAEMON_NAMES, type DaemonName, type DevState } from '../../daemons/protocol/devState.ts';
import { isProcess } from './processIdentity.ts';
import { findProgramState } from './programState.ts';
import type { StackPaths } from './stackPaths.ts';

/**
 * Reads `dev.json` of a program whose state this user made. The answer is undefined when there is
 * none, or when it is torn, older or edited: then nothing in it is trusted.
 */
export async function readDevState(paths: StackPaths): Promise<DevState | undefined> {
  try {
    const dev = findProgramState(paths.root, basename(paths.dir));
    const state: DevState = JSON.parse(dev?.readText(basename(paths.state)) ?? '');
    const whole =
      state.version === 1 &&
      typeof state.scheduler_url === 'string' &&
      DAEMON_NAMES.every(
        (name) => Number.isInteger(state.daemons?.[name]?.pid) && typeof state.daemons[name].started === 'string',
      );
    return whole ? state : undefined;
  } catch {
    return undefined;
  }
}

/** The daemons of a state that no longer live: killed, crashed, or their pid now somebody else's. */
export async function deadDaemons(state: DevState): Promise<DaemonName[]> {
  const alive = await Promise.all(
    DAEMON_NAMES.map((name) => isProcess(state.daemons[name].pid, state.daemons[name].started)),
  );
  return DAEMON_NAMES.filter((_, index) => !alive[index]);
}
