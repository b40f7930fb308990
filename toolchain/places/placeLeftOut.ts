import type { LinesLeftOut, Place } from '../../daemons/wire/place.ts';

/** The place of which nothing is known for a reason; none without one. */
export function placeLeftOut(left_out: LinesLeftOut | null): Place[] {
  return left_out === null
    ? []
    : [{ function: null, file: null, line: null, column: null, own: false, excerpt: null, left_out }];
}
