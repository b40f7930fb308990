import { dirname, join, resolve } from 'node:path';
import { STATE_NAME } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { LinesLeftOut } from '../../daemons/wire/place.ts';
import { decodeText } from '../../program/decodeText.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { fileError, fileFault } from '../files/fileError.ts';
import { nameInMap } from '../places/nameInMap.ts';
import { programPath } from '../places/programPath.ts';
import type { EndedRun } from '../replay/endedRun.ts';
import { makeProgramState } from '../stack/programState.ts';
import { createCodePlaces } from './codePlaces.ts';
import { countAgain } from './countAgain.ts';
import { fuelOfRun, type RunFuel } from './fuelOfRun.ts';
import { lookAtSourceMap } from './readSourceMap.ts';
import { keptProfileText, newestProfile, PROFILES } from './sourceFuel.ts';
import { speedscope } from './speedscope.ts';

/** Fuel of a run by functions, lines and calls. */
export interface RunProfile extends RunFuel {
  run_id: string;
  tasklet: string;
  module_sha256: string;
  fuel_used: number;
  /** The reason why no lines are known although the module has a source map; else null. */
  lines_left_out: LinesLeftOut | null;
  /**
   * Path of the flame graph, speedscope's format; null for a run from a file, and where it was not
   * written.
   */
  flame_graph: string | null;
  /** The file of the profile that could not be written, and why; null where all are. */
  unwritten: Unwritten | null;
}

/** A file of a profile that could not be written. */
export interface Unwritten {
  code: string;
  /** Names the file. */
  message: string;
  next: string;
}

/** The sources of a profiled run, as its source map names them. */
interface Sources {
  /** The text of a source that the map does not carry. */
  text(file: string): string | undefined;
  /** The path of a source as the profile names it. */
  pathOf(file: string): string;
}

/** All of an ended run that its profile takes. */
export type ProfiledRun = Pick<EndedRun, 'response' | 'record' | 'module' | 'input' | 'sourceMap' | 'linesLeftOut'>;

/**
 * Repeats an ended run of a program on this machine, with counters in its module, and reports where
 * its fuel went. The report and its flame graph are kept in the program's state.
 *
 * The report is exact: the repeated run ends like the first, with the same output and fuel, or
 * there is no profile.
 *
 * @param root absolute path of the program's folder
 * @param output path of the built module in the program; source maps name files relative to it
 * @throws {GrafosError} not_profiled, profile_differs, profile_failed
 */
export async function profileRun(
  root: string,
  output: string,
  run: ProfiledRun,
  signal: AbortSignal,
): Promise<RunProfile> {
  const { run_id } = run.record;
  const reader = new ProgramReader(root);
  const { profile, graph } = await profileEnded(run, signal, {
    text: (file) => sourceText(reader, output, file),
    pathOf: (file) => programPath(root, output, file),
  });
  const graphName = `${run_id}.speedscope.json`;
  const newest = newestProfile(profile.tasklet);
  const pathOf = (name: string) => join(root, STATE_NAME, PROFILES, name);
  const graphFault = await writeKept(root, graphName, `${JSON.stringify(graph)}\n`);
  const flame_graph = graphFault === null ? pathOf(graphName) : null;
  const newestFault = await writeKept(root, newest, keptProfileText({ ...profile, flame_graph }));
  const unwritten =
    graphFault !== null
      ? unwrittenOf(`The flame graph was not written to ${pathOf(graphName)}.`, graphFault)
      : newestFault !== null
        ? unwrittenOf(`The profile for the editor was not written to ${pathOf(newest)}.`, newestFault)
        : null;
  return { ...profile, flame_graph, unwritten };
}

/**
 * Writes a file among the profiles of a program. The profile is shown also where the disk cannot
 * take the file.
 *
 * @returns the fault of the disk; null where the file is written
 * @throws {GrafosError} every other one, such as state_unsafe
 */
async function writeKept(root: string, name: string, text: string): Promise<GrafosError | null> {
  try {
    const profiles = await makeProgramState(root, PROFILES);
    await profiles.write(name, text);
    return null;
  } catch (error) {
    const known = fileError(error, 'It cannot be written');
    if (known instanceof GrafosError && OF_DISK.has(known.code)) return known;
    throw known;
  }
}

const OF_DISK: ReadonlySet<string> = new Set(['disk_full', 'permission_denied', 'path_too_long', 'too_many_files']);

function unwrittenOf(what: string, { code, message, cause, next }: GrafosError): Unwritten {
  return { code, message: `${what} ${cause === undefined ? message : fileFault(cause)}`, next: next ?? RUN_AGAIN };
}

const RUN_AGAIN = 'Run the command again.';

/**
 * Profiles a run from a file as {@link profileRun} does. The file's own source map has the names
 * and lines: nothing is read or written at a path that it names.
 *
 * @throws {GrafosError} not_profiled, profile_differs, profile_failed
 */
export async function profileFile(run: ProfiledRun, signal: AbortSignal): Promise<RunProfile> {
  const sources: Sources = { text: () => undefined, pathOf: nameInMap };
  return (await profileEnded(run, signal, sources)).profile;
}

async function profileEnded(
  run: ProfiledRun,
  signal: AbortSignal,
  sources: Sources,
): Promise<{ profile: RunProfile; graph: ReturnType<typeof speedscope> }> {
  const { record, module, sourceMap } = run;
  const { run_id, tasklet, module_sha256 } = record;
  const { counted, differences } = await countAgain(run, signal);
  if (differences.length > 0) {
    throw new GrafosError('profile_differs', `Run ${run_id} done again differs in ${differences.join(', ')}.`, {
      why: 'Something outside the run changed its result: a write of somebody else to its fabric memory, or a lease that ended.',
      next: 'Profile a run that uses its fabric memory alone.',
    });
  }
  const looked = sourceMap === null ? { map: null, leftOut: run.linesLeftOut ?? null } : lookAtSourceMap(sourceMap);
  const places = createCodePlaces(module, looked.map, (file) => sources.text(file));
  const fuel = fuelOfRun(counted, places, (file) => sources.pathOf(file));
  const { fuel_used } = counted;
  return {
    profile: {
      run_id,
      tasklet,
      module_sha256,
      fuel_used,
      ...fuel,
      lines_left_out: looked.leftOut,
      flame_graph: null,
      unwritten: null,
    },
    graph: speedscope(`${tasklet} ${run_id}`, counted.calls, (index) => places.nameOf(index)),
  };
}

/**
 * The text of a source of the program. A map names it from the program's root or from where the map
 * lies.
 */
function sourceText(reader: ProgramReader, output: string, file: string): string | undefined {
  for (const path of [resolve(reader.root, file), resolve(reader.root, dirname(output), file)]) {
    const read = reader.read(path, 'source');
    if (read.state === 'ok') return decodeText(read.bytes) ?? undefined;
  }
  return undefined;
}
