import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { resolveProvider, stackTarget } from '../deploy/resolveProvider.ts';
import { fileError } from '../files/fileError.ts';
import { readPem } from '../trust/readPem.ts';
import { readDevState } from './devState.ts';
import { devStatus } from './devStatus.ts';
import { stackPaths } from './stackPaths.ts';
import { type StartedStack, startStack } from './startStack.ts';
import { keepTestRuns } from './testRuns.ts';

export interface StackForTests extends AsyncDisposable {
  client: SchedulerClient;
}

/**
 * A stack to run fixtures on: the program's when it runs, or one of its own in a temporary folder,
 * whose daemons end with this process, however that ends. Its runs are kept ({@link keepTestRuns}).
 */
export async function startTemporaryStack(
  programRoot: string,
  memCapacity: number,
  signal: AbortSignal,
): Promise<StackForTests> {
  // A stack that is not ours is left alone, as if none were there.
  const isOurs = (await readDevState(stackPaths(programRoot))) !== undefined;
  if (isOurs && (await devStatus(programRoot, signal)).state === 'running') {
    const client = await connectTarget(await resolveProvider(programRoot, 'local'), signal);
    return { client, [Symbol.asyncDispose]: async () => client.close() };
  }
  const folder = await temporaryFolder();
  let stack: StartedStack | undefined;
  const end = async () => {
    await stack?.end();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    stack = await startStack(folder, stackPaths(folder), { memCapacity, signal });
    const { text: caPem } = await readPem('local', stack.state.ca_cert);
    const client = await connectTarget(await stackTarget(stack.state, caPem), signal);
    return {
      client,
      async [Symbol.asyncDispose]() {
        client.close();
        await stack?.end();
        await keepTestRuns(programRoot, stackPaths(folder).dir);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(await realpath(tmpdir()), 'grafos-test-'));
  } catch (error) {
    throw fileError(error, 'No temporary folder can be made for the stack of the tests');
  }
}
