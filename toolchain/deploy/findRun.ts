import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { Run } from '../../daemons/protocol/tenantApi.ts';
import { CLOUD_PROVIDERS, readCloudCells } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { type ProviderName, resolveProvider } from './resolveProvider.ts';

/** A run, and the open client of the provider that has it; the caller disposes of the client. */
export interface FoundRun {
  run: Run;
  provider: ProviderName;
  client: SchedulerClient & Disposable;
}

/**
 * Finds a run by its id: at the given provider, or else at the local stack and then at each cloud the program is set up for.
 * @throws GrafosError `not_found` when nobody has it, or the only provider's own error.
 */
export async function findRun(
  programRoot: string,
  runId: string,
  provider: string | undefined,
  signal: AbortSignal,
): Promise<FoundRun> {
  const places = provider === undefined ? await likelyProviders(programRoot) : [provider];
  const failures: unknown[] = [];
  for (const place of places) {
    let client: (SchedulerClient & Disposable) | undefined;
    try {
      const target = await resolveProvider(programRoot, place);
      client = await connectTarget(target);
      return { run: await client.getRun(runId, { signal }), provider: target.provider as ProviderName, client };
    } catch (error) {
      client?.close();
      if (signal.aborted) throw error;
      failures.push(error);
    }
  }
  const notFound = failures.find((error) => error instanceof GrafosError && error.code === 'not_found');
  if (failures.length === 1 || notFound === undefined) throw failures[0];
  throw new GrafosError('usage', 'not_found', `No run ${runId} at ${places.join(', ')}.`, {
    next: 'List the runs: grafos runs list',
    cause: notFound,
  });
}

async function likelyProviders(programRoot: string): Promise<ProviderName[]> {
  const clouds = await Promise.all(
    CLOUD_PROVIDERS.map(async (provider) =>
      (await readCloudCells(programRoot, provider)).length > 0 ? [provider] : [],
    ),
  );
  return ['local', ...clouds.flat()];
}
