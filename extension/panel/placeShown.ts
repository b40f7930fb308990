import type { Place } from '../../daemons/wire/place.ts';
import type { PlaceShown } from './panelMessages.ts';

/**
 * A place as the panel shows it; a function of which only the name is known has no file. Where
 * nothing is known, the reason has the place of the name. The head of a function does not pass for
 * the place.
 */
export function placeShown(place: Place): PlaceShown[] {
  const { file, line, column, excerpt, begins, left_out } = place;
  const name = left_out?.message ?? place.function;
  if (file === null || line === null) return name === null ? [] : [{ file: '', line: 0, column: 0, name, excerpt: '' }];
  return [
    { file, line, column: column ?? 1, name: begins ? `${name} (begins here)` : (name ?? ''), excerpt: excerpt ?? '' },
  ];
}
