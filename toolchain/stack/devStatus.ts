import type { DaemonName, DevState } from '../../daemons/wire/devState.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';
import { deadDaemons, usableStack } from './devState.ts';
import { stackPaths } from './stackPaths.ts';

export interface DevStatus {
  state: 'stopped' | 'running' | 'unhealthy';
  /** Daemons that should run and do not. */
  dead: DaemonName[];
  /** Bytes of fabric memory leased now; null when nobody could say. */
  leased_bytes: number | null;
  dev: DevState | null;
}

const ANSWER_MS = 3_000;

/**
 * The state of a program's local stack, from the processes themselves and the scheduler's own word.
 *
 * @throws {NotConfirmedError} stack_not_confirmed
 * @throws {GrafosError} dev_state_invalid, state_unsafe, trust_unreadable
 */
export async function devStatus(programRoot: string, signal: AbortSignal): Promise<DevStatus> {
  const dev = (await usableStack(stackPaths(programRoot)))?.state;
  if (dev === undefined) return { state: 'stopped', dead: [], leased_bytes: null, dev: null };
  const dead = await deadDaemons(dev);
  const leased_bytes = await leasedBytes(programRoot, signal).catch((error) => {
    if (signal.aborted) throw error;
    return null;
  });
  return { state: dead.length === 0 && leased_bytes !== null ? 'running' : 'unhealthy', dead, leased_bytes, dev };
}

async function leasedBytes(programRoot: string, signal: AbortSignal): Promise<number | null> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  using client = await connectTarget(await resolveProvider(programRoot, 'local'), bounded);
  const { cells } = await client.inventory({ signal: bounded });
  return cells[0]?.healthy ? cells[0].inventory.mem_leased : null;
}
