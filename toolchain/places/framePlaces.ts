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
  /**
   * Adds the head of a function of the program, because its line is not known: that of `compute`
   * where it was inlined, or else of the function's last line. Code that was inlined into it comes
   * before.
   */
  const addHead = (index: number): boolean => {
    const heads = places.ownLinesIn(index).flatMap(({ file, line }) => {
      const head = enclosingHead(places.linesOf(file) ?? [], line, 'assemblyscript');
      return head === null || !isOwn(file) ? [] : [{ file, ...head }];
    });
    const head = heads.find(({ name }) => name === 'compute') ?? heads.at(-1);
    if (head === undefined) return false;
    const { name, file, line, column } = head;
    const excerpt = places.linesOf(file)?.[line - 1]?.trim() ?? null;
    found.push({ function: name, file: pathOf(file), line, column, own: true, excerpt, begins: true });
    return true;
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
    const isEntry = code === 'trap_call_stack_exhausted';
    // Calls too deep end at a function's entry. Other runs end somewhere in it.
    if (isWhole && !isEntry && addHead(frame.function)) continue;
    const whole = isWhole && isEntry ? places.wholeOf(frame.function, isOwn) : null;
    const exact = whole ?? (isWhole ? null : places.lineOf(frame.function, frame.offset));
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
