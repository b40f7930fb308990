import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Place } from '../../daemons/wire/place.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import { decodeText } from '../../program/decodeText.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { rustSource } from '../../program/rustSource.ts';
import type { FailedRun } from '../bounded/workMessages.ts';
import { readStamp } from '../compile/sourceStamp.ts';
import { staleness } from '../compile/staleness.ts';
import { type CodePlaces, createCodePlaces } from '../profile/codePlaces.ts';
import { lookAtSourceMap, mapFileLeftOut } from '../profile/readSourceMap.ts';
import { framePlaces } from './framePlaces.ts';
import { placeLeftOut } from './placeLeftOut.ts';
import { programPath } from './programPath.ts';
import { rustPlaces } from './rustPlaces.ts';
import { shownPlaces } from './shownPlaces.ts';
import { watFrames } from './watFrames.ts';

/**
 * Finds where in the source a run failed. Lines of the program come before those of libraries, each
 * in the order of the calls, the innermost first.
 *
 * Reads whole files of the program and holds up its thread, so that only a bounded thread calls it.
 *
 * @param log of the run; only that of a Rust tasklet that trapped is looked at
 * @returns an empty list where the run did not fail in code, or where the module built here did not
 * run
 */
export async function runPlaces(
  root: string,
  tasklet: Tasklet,
  { error, module_sha256 }: FailedRun,
  log: string,
): Promise<Place[]> {
  if (error?.frames === undefined) return [];
  const reader = new ProgramReader(root);
  const built = await reader.readSoon(join(root, tasklet.output), 'module');
  if (built.state !== 'ok') return [];
  // A cell ran these bytes, so they are a module that can be read.
  if (createHash('sha256').update(built.bytes).digest('hex') !== module_sha256) return [];
  const read = await reader.readSoon(join(root, `${tasklet.output}.map`), 'sourceMap');
  const { map, leftOut } =
    read.state === 'ok'
      ? lookAtSourceMap(read.bytes.toString('utf8'))
      : { map: null, leftOut: read.state === 'too-large' ? mapFileLeftOut(read.size) : null };
  // The map has the sources that were built; the files may have changed since.
  const places = createCodePlaces(built.bytes, map, () => undefined);
  const found = await placesOf(reader, tasklet, { error, frames: error.frames }, built.bytes, places, log);
  return [...shownPlaces(found), ...placeLeftOut(leftOut)];
}

async function placesOf(
  reader: ProgramReader,
  tasklet: Tasklet,
  { error, frames }: { error: RunError; frames: NonNullable<RunError['frames']> },
  module: Buffer,
  places: CodePlaces,
  log: string,
): Promise<Place[]> {
  const { root } = reader;
  switch (tasklet.kind) {
    case 'rust': {
      const isFresh = (await staleness({ root }, tasklet)).state === 'fresh';
      const files = isFresh ? (readStamp(module)?.files ?? []) : [];
      const sources = files.flatMap((path) => {
        const one =
          path.endsWith('.rs') && !path.startsWith('vendor/') ? reader.read(join(root, path), 'crateFile') : null;
        return one?.state === 'ok' ? [{ path, text: one.bytes.toString('utf8') }] : [];
      });
      return rustPlaces(error, places, sources, rustSource(tasklet.source).crate, log);
    }
    case 'wat': {
      if ((await staleness({ root }, tasklet)).state !== 'fresh') return [];
      const source = await reader.readSoon(join(root, tasklet.source), 'source');
      if (source.state !== 'ok') return [];
      const text = decodeText(source.bytes);
      if (text === null) return [];
      return watFrames(frames, error, places, tasklet.source, text);
    }
    case 'assemblyscript':
    case 'wasm':
      return framePlaces(frames, places, (file) => programPath(root, tasklet.output, file), error.code);
  }
}
