import type { Place } from '../../daemons/wire/place.ts';
import type { PlaceShown } from './panelMessages.ts';

/**
 * A place as the panel shows it; a function of which only the name is known has no file. Where
 * nothing is known, the reason has the place of the name.
 */
export function placeShown(place: Place): PlaceShown[] {
  const { file, line, column, excerpt, left_out } = place;
  const name = left_out?.message ?? place.function;
  if (file === null || line === null) return name === null ? [] : [{ file: '', line: 0, column: 0, name, excerpt: '' }];
  return [{ file, line, column: column ?? 1, name: name ?? '', excerpt: excerpt ?? '' }];
}
