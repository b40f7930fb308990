import type { CellWorkers } from '../../wire/fabricControl.ts';

/** A cell that does not state its workers has these (docs/internals/fabric-control.md). */
export const UNSTATED_WORKERS: CellWorkers = { workers_max: 2, short_ms: 10, long_ms: 50 };

/** The most that a cell is believed. */
const MOST: CellWorkers = { workers_max: 256, short_ms: 10_000, long_ms: 10_000 };

/** The workers that a cell stated, with the default for each figure that is missing or unfit. */
export function cellWorkers(stated: { [Field in keyof CellWorkers]?: unknown }): CellWorkers {
  const figure = (field: keyof CellWorkers): number => {
    const value = stated[field];
    const isFigure = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST[field];
    return isFigure ? value : UNSTATED_WORKERS[field];
  };
  return { workers_max: figure('workers_max'), short_ms: figure('short_ms'), long_ms: figure('long_ms') };
}
