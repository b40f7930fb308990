import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { NotConfirmedError } from '../confirm/notConfirmed.ts';
import { CELL_ANSWER_MS, cellSilent, LATE_MS } from './cellBounds.ts';
import { CLOUD_PROVIDERS, type CloudProvider, cellNamed, cellNameOf, readCloudCells } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { type LocalRuns, openLocalRuns, openTestRuns } from './localRuns.ts';
import { isCloud, type ProviderName, refuseLocalCell, resolveProvider } from './resolveProvider.ts';
import { readUsedCells } from './usedCells.ts';

/** A run, and the open client of the provider that has it; the caller disposes of the client. */
export interface FoundRun {
  run: Run;
  provider: ProviderName;
  /** Name of the cell, at a cloud. */
  cell: string | undefined;
  client: SchedulerClient & Disposable;
}

/** Where a run may be; everywhere unless given. */
export interface RunPlace {
  provider?: string | undefined;
  /** Name of a cell of a cloud. */
  cell?: string | undefined;
}

/** As the tenant API has them (docs/reference/api.md). */
const RUN_ID = /^[0-9a-z-]{1,64}$/;

/**
 * Finds a run by its id: at the place given, or else at the cell that is remembered for it, or else
 * at the local stack and then at all cells of clouds that the program is set up for. Those are
 * asked at once, and a slow one is not waited for long.
 *
 * @throws {NotConfirmedError} where a cell was not asked that may have it
 * @throws {GrafosError} wrong_usage for what is no id of a run, not_found when no cell has it,
 *   cell_needed when several say that they do, cell_unknown, or the only cell's own error
 */
export async function findRun(
  programRoot: string,
  runId: string,
  at: RunPlace,
  signal: AbortSignal,
): Promise<FoundRun> {
  if (!RUN_ID.test(runId)) {
    throw new GrafosError('wrong_usage', `"${runId}" is no run id.`, {
      next: 'List the runs: grafos runs list',
    });
  }
  const { here, clouds } = await likelyPlaces(programRoot, runId, at);
  const failures: Failure[] = [];
  // One after the other on this machine; cells elsewhere at once, since one may not answer.
  for (const places of [...here.map((one) => [one]), clouds]) {
    const [found, ...others] = await askPlaces(places, runId, signal, failures);
    if (found === undefined) continue;
    if (others.length === 0) return found;
    for (const one of [found, ...others]) one.client[Symbol.dispose]();
    throw cellNeeded(runId, [found, ...others]);
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

interface Failure {
  name: string;
  error: unknown;
}

/**
 * Asks places at once for a run. Where there are several, each has a bound, and the others get a
 * short while once one has the run: a cell that answers slowly holds up nobody.
 */
async function askPlaces(
  places: readonly Place[],
  runId: string,
  signal: AbortSignal,
  failures: Failure[],
): Promise<FoundRun[]> {
  const enough = new AbortController();
  const bound = places.length < 2 ? [] : [AbortSignal.timeout(CELL_ANSWER_MS)];
  const bounded = AbortSignal.any([signal, enough.signal, ...bound]);
  const found: FoundRun[] = [];
  let others: NodeJS.Timeout | undefined;
  await Promise.all(
    places.map(async (place) => {
      const one = await askPlace(place, runId, bounded).catch((error: unknown) => {
        const isLate = bounded.aborted && !signal.aborted;
        failures.push({ name: place.name, error: isLate ? cellSilent() : error });
      });
      if (!one) return;
      found.push(one);
      others ??= setTimeout(() => enough.abort(), LATE_MS);
    }),
  );
  clearTimeout(others);
  if (!signal.aborted) return found;
  for (const { client } of found) client[Symbol.dispose]();
  throw failures.at(-1)?.error ?? signal.reason;
}

/** Two cells cannot both have it: an id is given once. */
function cellNeeded(runId: string, found: readonly FoundRun[]): GrafosError {
  const names = found.map((one) => one.cell ?? one.provider).sort();
  return new GrafosError('cell_needed', `${names.length} cells say that they have run ${runId}: ${names.join(', ')}.`, {
    why: 'A run is at one cell, and nothing here says which one took it.',
    next: 'Name the one that you deployed to: --cell NAME',
  });
}

/** @throws what the place answers when it does not have the run */
async function askPlace(
  { provider, cell, open }: Place,
  runId: string,
  signal: AbortSignal,
): Promise<FoundRun | undefined> {
  let client: (SchedulerClient & Disposable) | undefined;
  try {
    client = await open(signal);
    return client && { run: await client.getRun(runId, { signal }), provider, cell, client };
  } catch (error) {
    client?.[Symbol.dispose]();
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A scheduler or store that may have a run. */
interface Place {
  /** For people. */
  name: string;
  provider: ProviderName;
  /** Name of the cell, at a cloud. */
  cell: string | undefined;
  /** Opens it; undefined where there is nothing to ask. */
  open(signal: AbortSignal): Promise<(SchedulerClient & Disposable) | undefined>;
}

/** The places of this machine. The runs of the last `grafos test` are local too. */
function localPlaces(programRoot: string): Place[] {
  const common = { provider: 'local', cell: undefined } as const;
  return [
    { ...common, name: 'local', open: async (signal) => disposable(await openLocalRuns(programRoot, signal)) },
    { ...common, name: 'the last test', open: async (signal) => disposable(await openTestRuns(programRoot, signal)) },
  ];
}

function disposable(opened: LocalRuns | undefined): (SchedulerClient & Disposable) | undefined {
  return opened && Object.assign(opened.client, { [Symbol.dispose]: () => opened[Symbol.dispose]() });
}

/**
 * The places of a cloud, one for each cell.
 *
 * @throws {GrafosError} cell_unknown, cells_file_invalid
 */
async function cloudPlaces(programRoot: string, provider: CloudProvider, cell?: string): Promise<Place[]> {
  const cells = await readCloudCells(programRoot, provider);
  const wanted = cell === undefined ? cells : [cellNamed(provider, cells, cell)];
  return wanted.map((one) => {
    const own = cellNameOf(one);
    return {
      name: cells.length === 1 ? provider : `${provider} (${own})`,
      provider,
      cell: own,
      open: async (signal) => connectTarget(await resolveProvider(programRoot, provider, own), signal),
    };
  });
}

async function likelyPlaces(
  programRoot: string,
  runId: string,
  { provider, cell }: RunPlace,
): Promise<{ here: Place[]; clouds: Place[] }> {
  if (provider === 'local') {
    refuseLocalCell(cell);
    return { here: localPlaces(programRoot), clouds: [] };
  }
  const known = cell ?? (await rememberedCell(programRoot, runId, provider));
  if (provider !== undefined) {
    if (isCloud(provider)) {
      const clouds = await cloudPlaces(programRoot, provider, known);
      if (clouds.length > 0) return { here: [], clouds };
    }
    // It has no cell, or is no provider: the error says so.
    await resolveProvider(programRoot, provider, cell);
  }
  const all = await Promise.all(CLOUD_PROVIDERS.map((one) => cloudPlaces(programRoot, one)));
  const clouds = all.flat();
  if (known === undefined) return { here: localPlaces(programRoot), clouds };
  const named = clouds.filter((one) => one.cell === known);
  if (named.length > 0) return { here: [], clouds: named };
  throw new GrafosError('cell_unknown', `This program has no cell with the name ${known}.`, {
    next: `${meantQuestion(
      known,
      clouds.flatMap((one) => one.cell ?? []),
    )}List its cells: grafos provider list`,
  });
}

/** Name of the cell that took a run of this user, where the program still has that cell. */
async function rememberedCell(programRoot: string, runId: string, provider?: string): Promise<string | undefined> {
  const used = (await readUsedCells(programRoot)).runs.find(({ run_id }) => run_id === runId);
  if (used === undefined || (provider !== undefined && used.provider !== provider)) return undefined;
  const cells = await readCloudCells(programRoot, used.provider);
  return cells.some((one) => cellNameOf(one) === used.cell) ? used.cell : undefined;
}
