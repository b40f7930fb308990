import { connectScheduler, type SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { Target } from './resolveProvider.ts';

/** A client for a target; the caller closes it (`using`). */
export async function connectTarget(target: Target): Promise<SchedulerClient & Disposable> {
  const { url, caPem, certPem, keyPem, cellId } = target;
  const client = await connectScheduler({ url, caPem, certPem, keyPem, ...(cellId === undefined ? {} : { cellId }) });
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}
