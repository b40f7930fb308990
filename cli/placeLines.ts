import type { Place } from '../toolchain/places/place.ts';
import { placeText } from '../toolchain/places/placeText.ts';
import type { Paint } from './printedLine.ts';

/** Calls that are printed at most; `--json` has them all. */
const CALLS_MAX = 8;

/** Lists where a run failed: its first place with the source line, then the calls before it. */
export function placeLines(places: readonly Place[], paint: Paint): string[] {
  const [first, ...calls] = places;
  if (first === undefined) return [];
  const excerpt = first.excerpt === null || first.excerpt === '' ? [] : [`            ${first.excerpt}`];
  return [
    `  at        ${placeText(first)}`,
    ...excerpt,
    ...calls
      .slice(0, CALLS_MAX)
      .map((place) => paint('dim', `            ${place.own ? 'from' : 'in'} ${placeText(place)}`)),
    ...(calls.length > CALLS_MAX ? [paint('dim', `            and ${calls.length - CALLS_MAX} more (--json)`)] : []),
  ];
}
