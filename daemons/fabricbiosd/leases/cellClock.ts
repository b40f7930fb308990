/**
 * The cell's own time, milliseconds since 1970: the wall clock at the start of the process plus the
 * count of a monotonic clock since then.
 *
 * Leases and capability tokens are judged by this clock alone, so a step of the wall clock neither
 * ends nor prolongs one. Time that the machine sleeps does not count.
 */
export type CellClock = () => number;

export const cellClock: CellClock = () => performance.timeOrigin + performance.now();

export function rfc3339(milliseconds: number): string {
  return new Date(Math.floor(milliseconds)).toISOString();
}
