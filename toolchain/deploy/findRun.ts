import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { Run } from '../../daemons/protocol/tenantApi.ts';
import { NotConfirmed } from '../confirm/notConfirmed.ts';
import { CLOUD_PROVIDERS, readCloudCells } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { type ProviderName, resolveProvider } from './resolveProvider.ts';

/** A run, and the open client of the provider that has it; the caller disposes of the client. */
export interface FoundRun {
  run: Run;
  provider: ProviderName;
  client: SchedulerClient & Disposable;
}

/** As the tenant API has them (docs/api.md). */
const RUN_ID = /^[0-9a-z-]{1,64}$/;

/**
 * Finds a run by its id: at the given provider, or else at the local stack and then at each cloud the program is set up for.
 * @throws {NotConfirmed} where a provider was not asked that may have it
 * @throws {GrafosError} not_found when nobody has it, or the only provider's own error
 */
export async function findRun(
  programRoot: string,
  runId: string,
  provider: string | undefined,
  signal: AbortSignal,
): Promise<FoundRun> {
  if (!RUN_ID.test(runId)) {
    throw new GrafosError('usage', 'wrong_usage', `"${runId}" is no run id.`, {
      next: 'List the runs: grafos runs list',
    });
  }
  const places = provider === undefined ? await likelyProviders(programRoot) : [provider];
  const failures: Array<{ place: string; error: unknown }> = [];
  for (const place of places) {
    let client: (SchedulerClient & Disposable) | undefined;
    try {
      const target = await resolveProvider(programRoot, place);
      client = await connectTarget(target, signal);
      return { run: await client.getRun(runId, { signal }), provider: target.provider as ProviderName, client };
    } catch (error) {
      client?.close();
      if (signal.aborted) throw error;
      failures.push({ place, error });
    }
  }
  // Not elsewhere either, so it may be there: the person decides.
  const unasked = failures.find(({ error }) => error instanceof NotConfirmed);
  if (unasked !== undefined) throw unasked.error;
  const missing = failures.filter(({ error }) => error instanceof GrafosError && error.code === 'not_found');
  if (failures.length === 1 || missing.length === 0) throw failures[0]?.error;
  const silent = failures.filter((one) => !missing.includes(one));
  throw new GrafosError('usage', 'not_found', `No run ${runId} at ${missing.map(({ place }) => place).join(', ')}.`, {
    ...(silent.length === 0
      ? {}
      : { why: silent.map(({ place, error }) => `${place}: ${messageOf(error)}`).join('\n') }),
    next: 'List the runs: grafos runs list',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function likelyProviders(programRoot: string): Promise<ProviderName[]> {
  const clouds = await Promise.all(
    CLOUD_PROVIDERS.map(async (provider) =>
      (await readCloudCells(programRoot, provider)).length > 0 ? [provider] : [],
    ),
  );
  return ['local', ...clouds.flat()];
}
