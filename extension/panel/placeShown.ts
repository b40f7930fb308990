import type { Place } from '../../toolchain/places/place.ts';
import type { PlaceShown } from './panelMessages.ts';

/** A place as the panel shows it; empty where file or line is not known. */
export function placeShown({ function: name, file, line, column, excerpt }: Place): PlaceShown[] {
  if (file === null || line === null) return [];
  return [{ file, line, column: column ?? 1, name: name ?? '', excerpt: excerpt ?? '' }];
}
