import { isProcess, processStart } from '../../base/processIdentity.ts';

/** Bytes of an owner's text at most. */
export const OWNER_BYTES = 4_096;

/** The process that has a lock. */
export interface LockOwner {
  pid: number;
  /** See processIdentity.ts. */
  started: string;
}

/** Gives this process as the owner of a lock. */
export async function thisOwner(): Promise<LockOwner> {
  return { pid: process.pid, started: (await processStart(process.pid)) ?? '' };
}

/** Says whether an owner still lives. A process that got the same pid later does not count. */
export function isLivingOwner({ pid, started }: LockOwner): Promise<boolean> {
  return isProcess(pid, started);
}

export function ownerText({ pid, started }: LockOwner): string {
  return JSON.stringify({ pid, started });
}

/** Reads an owner's text; undefined when it names none. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner: Partial<LockOwner> = JSON.parse(text);
    return typeof owner.pid === 'number' && typeof owner.started === 'string'
      ? { pid: owner.pid, started: owner.started }
      : undefined;
  } catch {
    return undefined;
  }
}
