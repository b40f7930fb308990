import { cutText } from '../../base/text/cutText.ts';
import type { Place } from '../../daemons/wire/place.ts';

/** Places that are shown at most. */
const PLACES_MAX = 16;
/** UTF-16 units of a line that are shown at most; a cut is marked. */
const EXCERPT_MAX = 160;

/**
 * Puts places of the program before those of libraries, each in the order of the calls, names each
 * place once, and cuts the list and its excerpts to what is shown.
 */
export function shownPlaces(found: readonly Place[]): Place[] {
  const shown = new Map<string, Place>();
  for (const one of [...found.filter(({ own }) => own), ...found.filter(({ own }) => !own)]) {
    const key = `${one.file}:${one.line}:${one.function}`;
    if (!shown.has(key)) shown.set(key, { ...one, excerpt: one.excerpt && cutText(one.excerpt, EXCERPT_MAX) });
  }
  return [...shown.values()].slice(0, PLACES_MAX);
}
