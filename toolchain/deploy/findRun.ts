import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { NotConfirmedError } from '../confirm/notConfirmed.ts';
import { CLOUD_PROVIDERS, readCloudCells } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { type LocalRuns, openLocalRuns, openTestRuns } from './localRuns.ts';
import { type ProviderName, resolveProvider } from './resolveProvider.ts';

/** A run, and the open client of the provider that has it; the caller disposes of the client. */
export interface FoundRun {
  run: Run;
  provider: ProviderName;
  client: SchedulerClient & Disposable;
}

/** As the tenant API has them (docs/reference/api.md). */
const RUN_ID = /^[0-9a-z-]{1,64}$/;

/**
 * Finds a run by its id: at the given provider, or else at the local stack and then at each cloud
 * that the program is set up for.
 *
 * @throws {NotConfirmedError} where a provider was not asked that may have it
 * @throws {GrafosError} not_found when no provider has it, or the only provider's own error
 */
export async function findRun(
  programRoot: string,
  runId: string,
  provider: string | undefined,
  signal: AbortSignal,
): Promise<FoundRun> {
  if (!RUN_ID.test(runId)) {
    throw new GrafosError('wrong_usage', `"${runId}" is no run id.`, {
      next: 'List the runs: grafos runs list',
    });
  }
  const places = provider === undefined ? await likelyPlaces(programRoot) : placesOf(programRoot, provider);
  const failures: Array<{ name: string; error: unknown }> = [];
  for (const { name, provider: found, open } of places) {
    let client: (SchedulerClient & Disposable) | undefined;
    try {
      client = await open(signal);
      if (client === undefined) continue;
      return { run: await client.getRun(runId, { signal }), provider: found, client };
    } catch (error) {
      client?.[Symbol.dispose]();
      if (signal.aborted) throw error;
      failures.push({ name, error });
    }
  }
  // Not elsewhere either, so it may be there: the person decides.
  const unasked = failures.find(({ error }) => error instanceof NotConfirmedError);
  if (unasked !== undefined) throw unasked.error;
  const missing = failures.filter(({ error }) => error instanceof GrafosError && error.code === 'not_found');
  if (missing.length === 0) throw failures[0]?.error;
  const silent = failures.filter((one) => !missing.includes(one));
  throw new GrafosError('not_found', `No run ${runId} at ${missing.map(({ name }) => name).join(', ')}.`, {
    ...(silent.length === 0 ? {} : { why: silent.map(({ name, error }) => `${name}: ${messageOf(error)}`).join('\n') }),
    next: 'List the runs: grafos runs list',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A scheduler or store that may have a run. */
interface Place {
  /** For people. */
  name: string;
  provider: ProviderName;
  /** Opens it; undefined where there is nothing to ask. */
  open(signal: AbortSignal): Promise<(SchedulerClient & Disposable) | undefined>;
}

/** Lists the places of one provider. The runs of the last `grafos test` are local too. */
function placesOf(programRoot: string, provider: string): Place[] {
  if (provider !== 'local') {
    const open: Place['open'] = async (signal) => connectTarget(await resolveProvider(programRoot, provider), signal);
    return [{ name: provider, provider: provider as ProviderName, open }];
  }
  return [
    { name: 'local', provider, open: async (signal) => disposable(await openLocalRuns(programRoot, signal)) },
    { name: 'the last test', provider, open: async (signal) => disposable(await openTestRuns(programRoot, signal)) },
  ];
}

function disposable(opened: LocalRuns | undefined): (SchedulerClient & Disposable) | undefined {
  return opened && Object.assign(opened.client, { [Symbol.dispose]: () => opened[Symbol.dispose]() });
}

async function likelyPlaces(programRoot: string): Promise<Place[]> {
  const clouds = await Promise.all(
    CLOUD_PROVIDERS.map(async (provider) =>
      (await readCloudCells(programRoot, provider)).length > 0 ? placesOf(programRoot, provider) : [],
    ),
  );
  return [...placesOf(programRoot, 'local'), ...clouds.flat()];
}
