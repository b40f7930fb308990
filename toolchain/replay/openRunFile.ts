import { cutText } from '../../base/text/cutText.ts';
import type { Place } from '../../daemons/wire/place.ts';
import { INPUT_SHOWN } from '../output/inputShown.ts';
import { framePlaces } from '../places/framePlaces.ts';
import { nameInMap } from '../places/nameInMap.ts';
import { placeLeftOut } from '../places/placeLeftOut.ts';
import { rustPlaces } from '../places/rustPlaces.ts';
import { shownPlaces } from '../places/shownPlaces.ts';
import { createCodePlaces } from '../profile/codePlaces.ts';
import { lookAtSourceMap } from '../profile/readSourceMap.ts';
import type { EndedRun } from './endedRun.ts';
import { readRunBundle } from './runBundle.ts';

/** Characters of a function's or a file's name: a module may have names of any length. */
const NAME_SHOWN = 1_000;

/**
 * The parts of a run from a file that are shown. Replay and profile read the file again, in a
 * bounded thread.
 */
export interface ShownEnd extends Pick<EndedRun, 'response' | 'record' | 'log' | 'output'> {
  /** Null where it is too large to be shown. */
  input: Uint8Array | null;
}

/** A run from a file, and the places where it failed. */
export interface OpenedRun {
  ended: ShownEnd;
  /**
   * Places by the names of the file's own module and source map. Nobody vouches for their files.
   */
  places: Place[];
}

/**
 * Reads a run from its file, and finds where it failed. Anybody may have made the file, and large
 * ones hold up the thread, so that only a bounded thread calls it.
 *
 * @throws {GrafosError} those of {@link readRunBundle}
 */
export async function openRunFile(file: string): Promise<OpenedRun> {
  const ended = await readRunBundle(file);
  const places = placesIn(ended);
  const { record, log, output, input } = ended;
  return {
    ended: {
      // The output's own bytes are shown. The value in the response may be of any depth.
      ...{ response: { ...ended.response, output: null }, record, log, output },
      input: input.length <= INPUT_SHOWN ? input : null,
    },
    places: places.map((place) => ({ ...place, function: shortName(place.function), file: shortName(place.file) })),
  };
}

function shortName(name: string | null): string | null {
  return name === null ? null : cutText(name, NAME_SHOWN);
}

function placesIn({ response, module, sourceMap, log }: EndedRun): Place[] {
  const { error } = response;
  if (error?.frames === undefined) return [];
  const { map, leftOut } = sourceMap === null ? { map: null, leftOut: null } : lookAtSourceMap(sourceMap);
  try {
    const places = createCodePlaces(module, map, () => undefined);
    const found =
      map === null ? rustPlaces(error, places, [], '', log) : framePlaces(error.frames, places, nameInMap, error.code);
    return [...shownPlaces(found), ...placeLeftOut(leftOut)];
  } catch {
    // Bytes that are no module have no names. A replay says so.
    return [];
  }
}
