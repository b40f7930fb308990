import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isProcess } from '../../toolchain/stack/processIdentity.ts';
import { stackPaths } from '../../toolchain/stack/stackPaths.ts';

/** `.grafos/dev/keeper.json`: the process that stops a stack which an editor started, once no window has it open. */
export interface KeeperRecord {
  pid: number;
  /** As in `dev.json`: tells the process from one that got its pid later. */
  started: string;
  /** Where windows connect. */
  socket: string;
  /** `started_at` of the stack it keeps. */
  stack: string;
}

export function keeperFile(programRoot: string): string {
  return join(stackPaths(programRoot).dir, 'keeper.json');
}

/** The living keeper of the stack that started at that time, if it has one. */
export async function readKeeper(programRoot: string, stackStartedAt: string): Promise<KeeperRecord | undefined> {
  try {
    const record: KeeperRecord = JSON.parse(await readFile(keeperFile(programRoot), 'utf8'));
    const isOurs =
      record.stack === stackStartedAt &&
      typeof record.socket === 'string' &&
      (await isProcess(record.pid, record.started));
    return isOurs ? record : undefined;
  } catch {
    return undefined;
  }
}
