import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { CodePlaces } from '../profile/codePlaces.ts';
import { isProgramFile } from './isProgramFile.ts';

/** The lines of one file of the program that have code in a module. */
export interface CoveredFile {
  /** Relative to the program with `/`. */
  file: string;
  /** In the order of the file. `count` is how often the line was executed; 0 is not at all. */
  lines: Array<{ line: number; count: number }>;
}

/**
 * Adds up how often each line of the program was executed. The counters are those of profiles.
 *
 * A line has the count of its instruction that was executed most. A line of which the compiler left
 * no code has no count: neither executed nor missed can be said of it.
 *
 * @param runs counted runs of one module
 * @param pathOf gives the path of a file relative to the program, from its name in the source map
 */
export function lineCoverage(
  runs: readonly Pick<FuelProfile, 'places'>[],
  places: Pick<CodePlaces, 'ownLines' | 'lineOf'>,
  pathOf: (file: string) => string,
): CoveredFile[] {
  const files = new Map<string, Map<number, number>>();
  for (const { file, line } of places.ownLines()) {
    const path = pathOf(file);
    if (!isProgramFile(path)) continue;
    const lines = files.get(path) ?? new Map<number, number>();
    lines.set(line, 0);
    files.set(path, lines);
  }
  for (const { places: counted } of runs) {
    const most = new Map<string, { path: string; line: number; count: number }>();
    for (const [index, offset, fuel] of counted) {
      const at = places.lineOf(index, offset);
      if (at === null) continue;
      const path = pathOf(at.file);
      const key = `${path}:${at.line}`;
      const known = most.get(key);
      if (known === undefined) most.set(key, { path, line: at.line, count: fuel });
      else known.count = Math.max(known.count, fuel);
    }
    for (const { path, line, count } of most.values()) {
      const lines = files.get(path);
      const before = lines?.get(line);
      if (lines !== undefined && before !== undefined) lines.set(line, before + count);
    }
  }
  return coveredFiles(files);
}

/** Puts the coverage of several modules together: they share files. */
export function joinCoverage(all: readonly CoveredFile[]): CoveredFile[] {
  const files = new Map<string, Map<number, number>>();
  for (const { file, lines } of all) {
    const known = files.get(file) ?? new Map<number, number>();
    for (const { line, count } of lines) known.set(line, (known.get(line) ?? 0) + count);
    files.set(file, known);
  }
  return coveredFiles(files);
}

function coveredFiles(files: ReadonlyMap<string, ReadonlyMap<number, number>>): CoveredFile[] {
  return [...files]
    .map(([file, lines]) => ({
      file,
      lines: [...lines].map(([line, count]) => ({ line, count })).sort((one, other) => one.line - other.line),
    }))
    .sort((one, other) => (one.file < other.file ? -1 : 1));
}
