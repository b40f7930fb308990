import type { Place } from '../../daemons/wire/place.ts';
import type { RunError, RunFrame } from '../../daemons/wire/runError.ts';
import { textLines } from '../../program/textLines.ts';
import type { CodePlaces } from '../profile/codePlaces.ts';
import { watTokens } from '../validate/watTokens.ts';
import { watFunctions } from './watFunctions.ts';
import { watInstruction } from './watInstruction.ts';

/**
 * Finds the instructions of WebAssembly text at which the frames of a run's error were, in the
 * order of the calls. Where only the function is known, its head is given as such.
 *
 * @param file path of the text relative to the program
 */
export function watFrames(
  frames: readonly RunFrame[],
  error: RunError,
  places: CodePlaces,
  file: string,
  text: string,
): Place[] {
  const tokens = watTokens(text);
  const functions = watFunctions(text, tokens);
  const positions = textLines(text);
  const lines = text.split(/\r\n|\r|\n/);
  return frames.flatMap((frame, depth): Place[] => {
    const head = functions[frame.function];
    if (head === undefined) return [];
    const body = places.bodyOf(frame.function);
    const isLoop = depth === 0 && error.code === 'fuel_exhausted';
    const found = body && watInstruction(tokens, head.token, body, frame.offset, isLoop);
    const start = found ? positions.rangeOf({ start: found.start, end: found.end }).start : null;
    const line = start === null ? head.line : start.line + 1;
    const column = start === null ? head.column : start.character + 1;
    const excerpt = lines[line - 1]?.trim() ?? null;
    const place = { function: head.name, file, line, column, own: true, excerpt };
    return [start === null ? { ...place, begins: true } : place];
  });
}
