import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';
import { devDown } from './devDown.ts';
import { devStatus } from './devStatus.ts';
import { devUp } from './devUp.ts';

export interface StackForTests extends AsyncDisposable {
  client: SchedulerClient;
  /** The program's own stack was running and was used; else one was started that ends with this. */
  borrowed: boolean;
}

/** A stack to run fixtures on: the program's when it runs, or one of its own in a temporary folder. */
export async function stackForTests(
  programRoot: string,
  memCapacity: number,
  signal: AbortSignal,
): Promise<StackForTests> {
  const { state } = await devStatus(programRoot, signal);
  if (state === 'running') {
    const client = await connectTarget(await resolveProvider(programRoot, 'local'));
    return { client, borrowed: true, [Symbol.asyncDispose]: async () => client.close() };
  }
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-test-'));
  const end = async () => {
    // Not the caller's signal: an interrupted test must take its stack down all the same.
    await devDown(folder, new AbortController().signal);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await devUp(folder, { memCapacity, signal });
    const client = await connectTarget(await resolveProvider(folder, 'local'));
    return {
      client,
      borrowed: false,
      async [Symbol.asyncDispose]() {
        client.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
