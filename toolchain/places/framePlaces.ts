import type { RunFrame } from '../../daemons/protocol/runError.ts';
import type { CodePlaces, SourceLine } from '../profile/codePlaces.ts';
import { enclosingFunction } from './enclosingFunction.ts';
import type { Place } from './place.ts';

/** Lines in which the call of an inlined function is looked for. */
const CALL_LINES = 4;

/** The generated entry point, whose source nobody wrote. */
const GENERATED = /^~grafos\//;
/** What is not named relative to the program belongs to a library, or to a map that somebody else made. */
const FOREIGN = /^(?:~|\.|\/|[A-Za-z]:)/;

/**
 * Resolves the frames of a run's error through the module's source map, in the order of the calls.
 *
 * A library's code that was inlined into a function of the program gives two places: its own, and the nearest line of the
 * program in that function.
 *
 * @param fuelEnded somewhere in the innermost function the fuel ended
 * @param pathOf the path relative to the program of a file as the map names it
 */
export function framePlaces(
  frames: readonly RunFrame[],
  places: CodePlaces,
  pathOf: (file: string) => string,
  fuelEnded: boolean,
): Place[] {
  const found: Place[] = [];
  const isOwn = (file: string) => !FOREIGN.test(pathOf(file));
  const add = (at: SourceLine) => {
    const lines = places.linesOf(at.file);
    found.push({
      function: lines === undefined ? null : enclosingFunction(lines, at.line, 'assemblyscript'),
      file: pathOf(at.file),
      line: at.line,
      column: at.column,
      own: isOwn(at.file),
      excerpt: lines?.[at.line - 1]?.trim() ?? null,
    });
  };
  /** The line of the program that called the code at `at`, which was inlined into the same function. */
  const callOf = (frame: RunFrame, at: SourceLine): SourceLine | null => {
    const near = places.nearLineOf(frame.function, frame.offset, isOwn);
    const called = enclosingFunction(places.linesOf(at.file) ?? [], at.line, 'assemblyscript');
    const lines = near === null ? undefined : places.linesOf(near.file);
    if (near === null || lines === undefined || called === null) return near;
    // The arguments of a call may have no code of their own: the line that names what is called is the right one.
    const call = new RegExp(`\\b${called.replaceAll('$', '\\$')}\\s*(?:<[^()]*>)?\\(`);
    for (let line = near.line; line < near.line + CALL_LINES; line++) {
      const column = (lines[line - 1] ?? '').search(call);
      if (column !== -1) return { file: near.file, line, column: column + 1 };
    }
    return near;
  };
  for (const [depth, frame] of frames.entries()) {
    const whole = depth === 0 && frame.offset === 0 ? places.wholeOf(frame.function, isOwn, fuelEnded) : null;
    const at = whole ?? places.lineOf(frame.function, frame.offset);
    const caller = at === null || isOwn(at.file) ? null : callOf(frame, at);
    if (at !== null && !GENERATED.test(at.file)) add(at);
    if (caller !== null) add(caller);
    const name = places.ownNameOf(frame.function);
    if (at === null && name !== undefined)
      found.push({ function: name, file: null, line: null, column: null, own: false, excerpt: null });
  }
  return found;
}
