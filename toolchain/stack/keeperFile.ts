import { StateFolder } from '../../base/files/stateFolder.ts';
import { isProcess } from '../../base/processIdentity.ts';
import { stackPaths } from './stackPaths.ts';

/**
 * `.grafos/dev/keeper.json`: the process that stops a stack which an editor started, once no window
 * has it open.
 */
export interface KeeperRecord {
  pid: number;
  /** As in `dev.json`: tells the process from one that got its pid later. */
  started: string;
  /** Where windows connect. */
  socket: string;
  /** `started_at` of the stack it keeps. */
  stack: string;
}

/** Name of the keeper's file, which lies beside `dev.json`. */
export const KEEPER_FILE = 'keeper.json';

/** The text of the keeper's file, where there is one. */
export function keeperText(programRoot: string): string | undefined {
  return StateFolder.findAt(stackPaths(programRoot).dir)?.readText(KEEPER_FILE);
}

/** The living keeper of the stack that started at that time, if it has one. */
export async function readKeeper(programRoot: string, stackStartedAt: string): Promise<KeeperRecord | undefined> {
  try {
    const record: KeeperRecord = JSON.parse(keeperText(programRoot) ?? '');
    const isOurs =
      record.stack === stackStartedAt &&
      typeof record.socket === 'string' &&
      (await isProcess(record.pid, record.started));
    return isOurs ? record : undefined;
  } catch {
    return undefined;
  }
}
