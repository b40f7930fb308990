import { GrafosError } from '../../base/grafosError.ts';
import { connectScheduler, type SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Target } from './resolveProvider.ts';

/** Time that a scheduler may take to say which cell it has, milliseconds. */
const ANSWER_MS = 10_000;

/**
 * A client for a target; the caller closes it (`using`).
 *
 * @throws {GrafosError} scheduler_unreachable when it does not answer, its refusal, or interrupted
 */
export async function connectTarget(target: Target, signal?: AbortSignal): Promise<SchedulerClient & Disposable> {
  const { url, caPem, certPem, keyPem, cellId } = target;
  const deadline = AbortSignal.timeout(ANSWER_MS);
  const client = await connectScheduler(
    { url, caPem, certPem, keyPem, ...(cellId === undefined ? {} : { cellId }) },
    { signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) },
  ).catch((error: unknown) => {
    if (signal?.aborted || !deadline.aborted) throw error;
    throw new GrafosError('scheduler_unreachable', `The scheduler at ${url} does not answer.`, {
      why: `It said nothing for ${ANSWER_MS / 1000} s.`,
      next: 'Check the URL and the network, or ask who runs the cell.',
      cause: error,
    });
  });
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}
