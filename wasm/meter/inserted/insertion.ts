/**
 * A stretch of a metered body that the meter put in.
 *
 * Each kind has a pair of functions beside each other in this folder, `writeX` and `readX`. The
 * meter writes. The walk through a metered body (settle/meteredBody.ts) reads.
 */
export interface Insertion {
  /** Offset after the stretch. */
  next: number;
  /** Instructions that the stretch charges for. */
  charge: number;
  /**
   * Length in bytes of the original `br_if` that the stretch replaces, which costs 1; 0 where it
   * replaces nothing.
   */
  replaced: number;
  /**
   * The stretch comes before an iteration of an unrolled loop: the first one, or the same code once
   * more.
   */
  iteration: 'first' | 'repeated' | null;
}

/** An insertion that only has a length. */
export function insertionTo(next: number): Insertion {
  return { next, charge: 0, replaced: 0, iteration: null };
}
