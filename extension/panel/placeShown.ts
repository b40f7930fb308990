import type { Place } from '../../daemons/wire/place.ts';
import type { PlaceShown } from './panelMessages.ts';

/**
 * A place as the panel shows it; a function of which only the name is known has no file.
 */
export function placeShown({ function: name, file, line, column, excerpt }: Place): PlaceShown[] {
  if (file === null || line === null) return name === null ? [] : [{ file: '', line: 0, column: 0, name, excerpt: '' }];
  return [{ file, line, column: column ?? 1, name: name ?? '', excerpt: excerpt ?? '' }];
}
