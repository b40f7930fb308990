import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { createSchedulerClient, type SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { STORE_FILE } from '../stack/lookAtStore.ts';
import { findProgramState } from '../stack/programState.ts';
import { openStoreConnection } from '../stack/storeConnection.ts';
import { TEST_RUNS } from '../stack/testRuns.ts';
import { connectTarget } from './connectTarget.ts';
import { resolveProvider } from './resolveProvider.ts';

/** Reader of runs on this machine. */
export interface LocalRuns extends Disposable {
  client: SchedulerClient;
  /** The stack does not run, so its store is read. */
  isStopped: boolean;
  /** The tenant whose runs are read; undefined for those of all tenants. */
  tenant: string | undefined;
}

/**
 * Opens the runs of the local stack: by its scheduler, or by its store where the stack is stopped.
 *
 * @throws {NotConfirmedError} stack_not_confirmed
 * @throws {GrafosError} runtime_not_ready where no stack ever ran, and those of `resolveProvider`
 */
export async function openLocalRuns(programRoot: string, signal: AbortSignal): Promise<LocalRuns> {
  try {
    const target = await resolveProvider(programRoot, 'local');
    const client = await connectTarget(target, signal);
    return { client, isStopped: false, tenant: target.tenant, [Symbol.dispose]: () => client.close() };
  } catch (error) {
    const folder = findProgramState(programRoot, 'dev');
    const isStopped = error instanceof GrafosError && error.code === 'runtime_not_ready';
    const stopped = isStopped && folder !== undefined ? await openStore(folder, signal) : undefined;
    if (stopped === undefined) throw error;
    return stopped;
  }
}

/**
 * Opens the runs that the last `grafos test` with a stack of its own left; undefined where there
 * are none.
 */
export async function openTestRuns(programRoot: string, signal: AbortSignal): Promise<LocalRuns | undefined> {
  const folder = findProgramState(programRoot, TEST_RUNS);
  return folder === undefined ? undefined : await openStore(folder, signal);
}

/** Opens a store; undefined where there is none, or where a living scheduler has it. */
async function openStore(folder: StateFolder, signal: AbortSignal): Promise<LocalRuns | undefined> {
  if (!folder.names().includes(STORE_FILE)) return undefined;
  const client = createSchedulerClient(folder.path, openStoreConnection(folder.path, signal));
  try {
    await client.listRuns({ limit: 1 }, { signal });
  } catch (error) {
    client.close();
    if (error instanceof GrafosError && error.code === 'store_locked') return undefined;
    throw error;
  }
  return { client, isStopped: true, tenant: undefined, [Symbol.dispose]: () => client.close() };
}
