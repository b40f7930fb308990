import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { CodePlaces, SourceLine } from './codePlaces.ts';
import { type CallFrame, fuelOfCalls } from './fuelOfCalls.ts';
import { isOwnSource } from './isOwnSource.ts';
import { libraryFuel } from './libraryFuel.ts';

/**
 * Fuel by function, line and path of calls. Functions and lines are sorted, the most own fuel
 * first.
 */
export interface RunFuel {
  /**
   * `fuel` is that of the function's own instructions; `total` includes all that it called.
   *
   * `for` has the lines of the program that a library's function ran for, with their parts of
   * `fuel`, the largest first. It is empty for functions of the program, and without a source map.
   *
   * `for_run` is the rest of a library's `fuel`: it ran for no line, but to read the input, to
   * write the output or to begin.
   */
  functions: Array<{
    index: number;
    name: string;
    fuel: number;
    total: number;
    calls: number;
    for: Array<{ file: string; line: number; fuel: number }>;
    for_run: number;
  }>;
  /**
   * `file` is null for instructions that no source map knows.
   *
   * The `total` of a line of the program includes the functions that it called, and code of
   * libraries that was inlined for it. `library` is the fuel of library code that ran for a line of
   * the program, up to the next line of the program on the way. It is 0 for other lines.
   */
  lines: Array<{ file: string | null; line: number; fuel: number; total: number; library: number }>;
  /** Boxes of a flame graph, callers first; small ones are left out. */
  calls: CallFrame[];
}

/**
 * Adds up the counters of a run by functions and lines. The own fuel of all functions adds up to
 * the fuel of the run, and so does that of all lines.
 *
 * @param pathOf gives the path of a file relative to the program, from its name in the source map
 */
export function fuelOfRun(counted: FuelProfile, places: CodePlaces, pathOf: (file: string) => string): RunFuel {
  const inCalls = fuelOfCalls(
    counted.calls,
    (index) => places.nameOf(index),
    (index, at) => places.lineOf(index, at),
  );
  const ofLibraries = libraryFuel(counted, places);
  const byFuel = (one: { fuel: number }, other: { fuel: number }) => other.fuel - one.fuel;
  const hasLines = counted.places.some(([index, at]) => places.ownLineOf(index, at) !== null);
  return {
    functions: functionsOf(counted, places, inCalls.ofFunctions)
      .map((one) => {
        const lines = [...(ofLibraries.ofFunctions.get(one.index)?.values() ?? [])];
        const isLibrary = hasLines && places.ownLineOf(one.index, 0) === null;
        return {
          ...one,
          for: lines.map(({ at, fuel }) => ({ file: pathOf(at.file), line: at.line, fuel })).sort(byFuel),
          for_run: isLibrary ? lines.reduce((rest, { fuel }) => rest - fuel, one.fuel) : 0,
        };
      })
      .sort(byFuel),
    lines: linesOf(counted, places, inCalls.ofLines, ofLibraries.ofLines, pathOf).sort(byFuel),
    calls: inCalls.frames,
  };
}

function functionsOf(
  counted: FuelProfile,
  places: CodePlaces,
  totals: ReadonlyMap<number, number>,
): Array<Omit<RunFuel['functions'][number], 'for' | 'for_run'>> {
  const functions = new Map<number, ReturnType<typeof functionsOf>[number]>();
  for (const [index, , fuel] of counted.places) {
    const one = functions.get(index) ?? { index, name: places.nameOf(index), fuel: 0, total: 0, calls: 0 };
    one.fuel += fuel;
    functions.set(index, one);
  }
  for (const [index, , , entered] of counted.calls) {
    const one = functions.get(index);
    if (one !== undefined) one.calls += entered;
  }
  for (const one of functions.values()) one.total = totals.get(one.index) ?? one.fuel;
  return [...functions.values()];
}

function linesOf(
  counted: FuelProfile,
  places: CodePlaces,
  called: ReadonlyMap<string, number>,
  library: ReadonlyMap<string, number>,
  pathOf: (file: string) => string,
): RunFuel['lines'] {
  /** Lines by file and line number, in the names of the map. */
  const lines = new Map<string, RunFuel['lines'][number] & { isOwn: boolean }>();
  const lineAt = (at: SourceLine | null) => {
    const key = at === null ? '' : `${at.file}:${at.line}`;
    const known = lines.get(key);
    if (known !== undefined) return known;
    const file = at === null ? null : pathOf(at.file);
    const isOwn = at !== null && isOwnSource(at.file);
    const made = { file, line: at?.line ?? 0, fuel: 0, total: 0, library: library.get(key) ?? 0, isOwn };
    lines.set(key, made);
    return made;
  };
  for (const [index, bodyOffset, fuel] of counted.places) {
    const at = lineAt(places.lineOf(index, bodyOffset));
    at.fuel += fuel;
    at.total += fuel;
    const own = places.ownLineOf(index, bodyOffset);
    if (own !== null && lineAt(own) !== at) lineAt(own).total += fuel;
  }
  const calledForOwn = fuelOfCalls(
    counted.calls,
    (index) => places.nameOf(index),
    (index, at) => places.ownLineOf(index, at),
  ).ofLines;
  for (const [key, line] of lines) {
    const more = line.isOwn ? calledForOwn.get(key) : called.get(key);
    // Code that was inlined into functions that call each other would count twice.
    line.total = Math.min(counted.fuel_used, line.total + (more ?? 0));
  }
  return [...lines.values()].map(({ isOwn: _, ...line }) => line);
}
