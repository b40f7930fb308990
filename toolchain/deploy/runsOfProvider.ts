import { GrafosError } from '../../base/grafosError.ts';
import type { Run } from '../../daemons/wire/tenantApi.ts';
import { confirmedCells } from '../confirm/confirmedCells.ts';
import { CELL_ANSWER_MS, cellSilent } from './cellBounds.ts';
import { type CloudProvider, cellNameOf } from './cloudCells.ts';
import { connectTarget } from './connectTarget.ts';
import { confirmedTarget, noCell } from './resolveProvider.ts';

/** A cell that did not answer. */
export interface SilentCell {
  name: string;
  error: GrafosError;
}

/**
 * The runs of all cells of a provider, newest first. One of several cells that does not answer in
 * time is left out.
 *
 * @throws {NotConfirmedError} cell_not_confirmed
 * @throws {GrafosError} runtime_not_ready without a cell, and a cell's own error where none answers
 */
export async function runsOfProvider(
  programRoot: string,
  provider: CloudProvider,
  limit: number,
  signal: AbortSignal,
): Promise<{ runs: Run[]; silent: SilentCell[] }> {
  const cells = await confirmedCells(programRoot, provider);
  const silent: SilentCell[] = [];
  const bound = cells.length < 2 ? [] : [AbortSignal.timeout(CELL_ANSWER_MS)];
  const bounded = AbortSignal.any([signal, ...bound]);
  const lists = await Promise.all(
    cells.map(async ({ cell }) => {
      try {
        using client = await connectTarget(await confirmedTarget(programRoot, provider, cell), bounded);
        return await client.listRuns({ limit }, { signal: bounded });
      } catch (error) {
        const isLate = bounded.aborted && !signal.aborted;
        if (signal.aborted || !(isLate || error instanceof GrafosError)) throw error;
        silent.push({ name: cellNameOf(cell), error: isLate ? cellSilent() : (error as GrafosError) });
        return [];
      }
    }),
  );
  if (cells.length === 0) throw noCell(provider);
  if (silent.length === cells.length) throw silent[0]?.error;
  const runs = lists.flat().sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
  return { runs: runs.slice(0, limit), silent };
}
