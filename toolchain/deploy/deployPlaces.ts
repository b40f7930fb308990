import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { confirmedCells } from '../confirm/confirmedCells.ts';
import { CELL_ANSWER_MS, cellSilent, LATE_MS } from './cellBounds.ts';
import { isHealthy } from './cellReport.ts';
import { type CloudCell, type CloudProvider, cellNameOf } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { confirmedTarget, isCloud, noCell, resolveProvider, type Target } from './resolveProvider.ts';

/** A cell that answers, with its open client. Who takes it closes it. */
export interface DeployPlace {
  target: Target;
  client: SchedulerClient & Disposable;
}

interface Probe {
  name: string;
  place: Promise<DeployPlace>;
}

/**
 * The cells of a provider that can take a run, the preferred one first. All are asked at once, so
 * one that does not answer costs a second at most while another one does.
 *
 * @param cell name of the only one that is wanted
 * @throws {NotConfirmedError} cell_not_confirmed, stack_not_confirmed
 * @throws {GrafosError} cells_unready when none of several answers; the codes of `resolveProvider`
 *   and `connectTarget` when there is one
 */
export async function* deployPlaces(
  programRoot: string,
  provider: string,
  cell: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<DeployPlace, void, void> {
  const cells = cell === undefined && isCloud(provider) ? await confirmedCells(programRoot, provider) : [];
  if (!isCloud(provider) || cells.length < 2) {
    const only = cells[0] === undefined ? cell : cellNameOf(cells[0].cell);
    const target = await resolveProvider(programRoot, provider, only);
    yield { target, client: await connectTarget(target, signal) };
    return;
  }
  const leaving = new AbortController();
  const bounded = AbortSignal.any([signal, leaving.signal, AbortSignal.timeout(CELL_ANSWER_MS)]);
  const left = cells.map(({ cell: one }): Probe => {
    const place = probe(programRoot, provider, one, bounded);
    // One that is not waited for may fail unheard.
    place.catch(() => {});
    return { name: cellNameOf(one), place };
  });
  const faults: string[] = [];
  let isAny = false;
  try {
    for (let [first] = left; first !== undefined; [first] = left) {
      const found = await nextPlace(left, first, faults);
      // It is in no list any more, and nobody has it yet.
      if (signal.aborted) found?.client[Symbol.dispose]();
      signal.throwIfAborted();
      if (found === undefined) continue;
      isAny = true;
      yield found;
    }
  } finally {
    leaving.abort();
    for (const { place } of left)
      void place.then(
        ({ client }) => client[Symbol.dispose](),
        () => {},
      );
  }
  if (!isAny) throw cellsUnready(provider, faults);
}

/** @throws {GrafosError} when the cell cannot take a run now */
async function probe(
  programRoot: string,
  provider: CloudProvider,
  cell: CloudCell,
  signal: AbortSignal,
): Promise<DeployPlace> {
  const target = await confirmedTarget(programRoot, provider, cell);
  const client = await connectTarget(target, signal);
  try {
    const health = await client.health({ signal });
    if (isHealthy(health)) return { target, client };
    throw new GrafosError('runtime_not_ready', `its scheduler is ${health.role}, its state ${health.status}`);
  } catch (error) {
    client[Symbol.dispose]();
    throw error;
  }
}

/**
 * Takes the next usable cell out of the list; undefined when the first one turned out to be none.
 */
async function nextPlace(left: Probe[], first: Probe, faults: string[]): Promise<DeployPlace | undefined> {
  const stopped = new AbortController();
  const taken = async (one: Probe): Promise<{ one: Probe; place: DeployPlace }> => ({ one, place: await one.place });
  const another = Promise.any(left.filter((one) => one !== first).map(taken)).then(async (found) => {
    await delay(LATE_MS, undefined, { signal: stopped.signal });
    return found;
  });
  another.catch(() => {});
  // The first one's fault counts, and that of another one only once it is the first.
  const never = new Promise<never>(() => {});
  try {
    const { one, place } = await Promise.race([taken(first), another.catch(() => never)]);
    left.splice(left.indexOf(one), 1);
    return place;
  } catch (error) {
    left.shift();
    faults.push(`${first.name}: ${(error instanceof GrafosError ? error : cellSilent()).message}`);
    return undefined;
  } finally {
    stopped.abort();
  }
}

function cellsUnready(provider: CloudProvider, faults: readonly string[]): GrafosError {
  if (faults.length === 0) return noCell(provider);
  return new GrafosError('cells_unready', `None of the ${faults.length} cells of ${provider} can take a run now.`, {
    why: faults.join('\n'),
    next: `Look at them: grafos provider status ${provider}`,
  });
}
