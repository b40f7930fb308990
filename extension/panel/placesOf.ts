import type { PlaceShown } from './panelMessages.ts';

/** Places that are shown; the calls above them say little more. */
const PLACES_MAX = 32;

/** The places in sources that a failed run names (`error.places`). Anything that is no place is left out. */
export function placesOf(error: object): PlaceShown[] {
  const places: unknown = 'places' in error ? error.places : undefined;
  if (!Array.isArray(places)) return [];
  return places.slice(0, PLACES_MAX).flatMap((place: Record<string, unknown> | null) => {
    if (typeof place !== 'object' || place === null) return [];
    const { file, line, column, name, excerpt } = place;
    if (typeof file !== 'string' || typeof line !== 'number' || !Number.isSafeInteger(line) || line < 1) return [];
    return [
      {
        file,
        line,
        column: typeof column === 'number' && Number.isSafeInteger(column) && column >= 1 ? column : 1,
        name: typeof name === 'string' ? name : '',
        excerpt: typeof excerpt === 'string' ? excerpt : '',
      },
    ];
  });
}
