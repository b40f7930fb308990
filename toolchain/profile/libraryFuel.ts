import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { CodePlaces, SourceLine } from './codePlaces.ts';
import { isOwnSource } from './isOwnSource.ts';

interface LibraryFuel {
  /**
   * Fuel of library code by the line of the program that it ran for, as `file:line` in the names of
   * the map.
   */
  ofLines: Map<string, number>;
  /** The same of the functions of libraries, by index: the lines that their own fuel was for. */
  ofFunctions: Map<number, Map<string, { at: SourceLine; fuel: number }>>;
}

/**
 * Finds the lines of the program that fuel of libraries was for.
 *
 * A function without a line of the program is a library's. Its fuel counts for the line of the
 * nearest caller that has one, and inlined code counts for the line of the program before it.
 * Without a source map nothing is known.
 *
 * With a line's own fuel, each instruction that was executed counts once, for one line. Only code
 * that no line of the program called is left over.
 */
export function libraryFuel(counted: FuelProfile, places: Pick<CodePlaces, 'lineOf' | 'ownLineOf'>): LibraryFuel {
  const ofLines = new Map<string, number>();
  const ofFunctions: LibraryFuel['ofFunctions'] = new Map();
  const add = (at: SourceLine, fuel: number) => {
    const key = `${at.file}:${at.line}`;
    ofLines.set(key, (ofLines.get(key) ?? 0) + fuel);
    return key;
  };
  for (const [index, bodyOffset, fuel] of counted.places) {
    const own = places.ownLineOf(index, bodyOffset);
    const at = own === null ? null : places.lineOf(index, bodyOffset);
    if (own !== null && (at === null || !isOwnSource(at.file))) add(own, fuel);
  }
  /** The line of the program that each call was for. Callers come first. */
  const callers: Array<SourceLine | null> = [];
  counted.calls.forEach(([index, parent, fuel, , site], call) => {
    const caller = counted.calls[parent]?.[0];
    const at = caller === undefined || site < 0 ? null : places.ownLineOf(caller, site);
    const line = at ?? callers[parent] ?? null;
    callers[call] = line;
    if (line === null || fuel === 0 || places.ownLineOf(index, 0) !== null) return;
    const key = add(line, fuel);
    const lines = ofFunctions.get(index) ?? new Map();
    lines.set(key, { at: line, fuel: (lines.get(key)?.fuel ?? 0) + fuel });
    ofFunctions.set(index, lines);
  });
  return { ofLines, ofFunctions };
}
