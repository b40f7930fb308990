import { GrafosError } from '../../base/grafosError.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { type DeployPlace, deployPlaces } from './deployPlaces.ts';
import { type DeployRun, submitRun } from './deployRun.ts';
import { isCloud } from './resolveProvider.ts';
import { rememberCell } from './usedCells.ts';

/** Refusals of a submit that another cell may not give. The run was not started then. */
const FULL: ReadonlySet<string> = new Set([
  'lease_denied: capacity',
  'lease_denied: quota',
  'quota_burst_exceeded',
  'quota_hard_limit_exceeded',
  'runtime_not_ready',
  'scheduler_standby',
  'shutting_down',
  'storage_unavailable',
]);

export interface DeployTo {
  provider: string;
  /** Name of the only cell that is wanted. */
  cell: string | undefined;
  signal: AbortSignal;
  /** Hears of each cell that had no room. */
  skipped?: (cell: string, error: GrafosError) => void;
}

/**
 * Deploys to the first cell of a provider that answers and has room, and remembers which one it
 * was. A submit whose answer was lost is not tried elsewhere: the run may be under way.
 *
 * The submit is done here, and nothing after it is: an error of what comes later would look like a
 * refusal, and start the run a second time.
 *
 * @param prepare asks and makes all that the submit to a cell needs; no run is begun yet
 * @returns the run as it was submitted, and its cell, which the caller follows it on and closes
 * @throws {GrafosError} the refusal of the last cell when none has room, and those of
 *   {@link deployPlaces}, {@link submitRun} and `prepare`
 */
export async function deployToProvider(
  programRoot: string,
  { provider, cell, signal, skipped }: DeployTo,
  prepare: (place: DeployPlace) => Promise<DeployRun>,
): Promise<{ run: Run; place: DeployPlace }> {
  let refusal: GrafosError | undefined;
  for await (const place of deployPlaces(programRoot, provider, cell, signal)) {
    let run: Run;
    try {
      run = await submitRun(place.client, await prepare(place));
    } catch (error) {
      place.client[Symbol.dispose]();
      const isFull = error instanceof GrafosError && FULL.has(error.code);
      if (!isFull || cell !== undefined || !isCloud(provider)) throw error;
      refusal = error;
      skipped?.(place.target.cell ?? provider, error);
      continue;
    }
    if (isCloud(provider) && place.target.cell !== undefined)
      await rememberCell(programRoot, { run_id: run.run_id, provider, cell: place.target.cell });
    return { run, place };
  }
  throw refusal ?? new Error(`no cell of ${provider} was tried`);
}
