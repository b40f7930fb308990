import { join } from 'node:path';
import { STATE_NAME } from '../../base/files/stateFolder.ts';
import type { DaemonName } from '../../daemons/wire/devState.ts';

/** Where a stack keeps its things: `.grafos/dev` of a program (docs/reference/dev-json.md). */
export interface StackPaths {
  /** The program's folder. */
  root: string;
  dir: string;
  state: string;
  lock: string;
  trust: string;
  logs: string;
  bearer: string;
}

export function stackPaths(programRoot: string): StackPaths {
  const dir = join(programRoot, STATE_NAME, 'dev');
  return {
    root: programRoot,
    dir,
    state: join(dir, 'dev.json'),
    lock: join(dir, 'lock'),
    trust: join(dir, 'trust'),
    logs: join(dir, 'logs'),
    bearer: join(dir, 'trust', 'helper-bearer'),
  };
}

/** Path of a daemon's log, whether or not it runs. */
export function daemonLogFile({ logs }: StackPaths, name: DaemonName): string {
  return join(logs, `${name}.log`);
}
