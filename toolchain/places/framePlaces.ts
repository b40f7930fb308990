import type { Place } from '../../daemons/wire/place.ts';
import type { RunErrorCode, RunFrame } from '../../daemons/wire/runError.ts';
import type { CodePlaces, SourceLine } from '../profile/codePlaces.ts';
import { enclosingFunction, enclosingHead } from './enclosingFunction.ts';

/** Lines in which the call of an inlined function is looked for. */
const CALL_LINES = 4;

/** The generated entry point, whose source nobody wrote. */
const GENERATED = /^~grafos\//;
/**
 * Names of files that are not in the program: those of libraries, and those in a foreign source
 * map.
 */
const FOREIGN = /^(?:~|\.|\/|[A-Za-z]:)/;

/**
 * Resolves the frames of a run's error through the module's source map, in the order of the calls.
 *
 * Code of a library that was inlined into a function of the program gives two places: its own, and
 * the nearest line of the program in that function.
 *
 * @param pathOf gives the path of a file relative to the program, from its name in the map
 * @param code of the run's error: where fuel ended in a loop, the loop is the place
 */
export function framePlaces(
  frames: readonly RunFrame[],
  places: CodePlaces,
  pathOf: (file: string) => string,
  code: RunErrorCode,
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
  /** Adds the head of the function at `at`: which line of the function it was is not known. */
  const addHead = (at: SourceLine) => {
    const lines = places.linesOf(at.file) ?? [];
    const head = enclosingHead(lines, at.line, 'assemblyscript');
    if (head === null) return;
    const { name, line, column } = head;
    const excerpt = lines[line - 1]?.trim() ?? null;
    found.push({ function: name, file: pathOf(at.file), line, column, own: true, excerpt, begins: true });
  };
  /** Finds the line of the program that called the inlined code at `at`. */
  const callOf = (frame: RunFrame, at: SourceLine): SourceLine | null => {
    const near = places.nearLineOf(frame.function, frame.offset, isOwn);
    const called = enclosingFunction(places.linesOf(at.file) ?? [], at.line, 'assemblyscript');
    const lines = near === null ? undefined : places.linesOf(near.file);
    if (near === null || lines === undefined || called === null) return near;
    // The nearest line may be one before the call. The right line is the one with the callee's
    // name.
    const call = new RegExp(`\\b${called.replaceAll('$', '\\$')}\\s*(?:<[^()]*>)?\\(`);
    for (let line = near.line; line < near.line + CALL_LINES; line++) {
      const column = (lines[line - 1] ?? '').search(call);
      if (column !== -1) return { file: near.file, line, column: column + 1 };
    }
    return near;
  };
  for (const [depth, frame] of frames.entries()) {
    const isWhole = depth === 0 && frame.offset === 0;
    const whole = isWhole ? places.wholeOf(frame.function, isOwn) : null;
    // Calls too deep end at a function's entry. Other runs end somewhere in it.
    if (isWhole && code !== 'trap_call_stack_exhausted') {
      const last = places.ownLineOf(frame.function, Number.MAX_SAFE_INTEGER) ?? whole;
      if (last !== null && isOwn(last.file)) addHead(last);
      continue;
    }
    const exact = whole ?? places.lineOf(frame.function, frame.offset);
    const loop =
      code === 'fuel_exhausted' && depth === 0 && exact !== null && isOwn(exact.file)
        ? places.loopOf(frame.function, frame.offset, isOwn)
        : null;
    const at = loop ?? exact;
    const caller = at === null || isOwn(at.file) ? null : callOf(frame, at);
    if (at !== null && !GENERATED.test(at.file)) add(at);
    if (caller !== null) add(caller);
    const name = places.ownNameOf(frame.function);
    if (at === null && name !== undefined)
      found.push({ function: name, file: null, line: null, column: null, own: false, excerpt: null });
  }
  return found;
}
