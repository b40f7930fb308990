import { dirname, resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import type { LinesLeftOut } from '../../daemons/wire/place.ts';
import { decodeText } from '../../program/decodeText.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { fileError } from '../files/fileError.ts';
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
  /** Path of the flame graph, speedscope's format; null for a run from a file. */
  flame_graph: string | null;
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
  const profiles = await makeProgramState(root, PROFILES);
  const graphName = `${run_id}.speedscope.json`;
  try {
    await profiles.write(graphName, `${JSON.stringify(graph)}\n`);
  } catch (error) {
    throw fileError(error, 'The flame graph cannot be written');
  }
  const whole: RunProfile = { ...profile, flame_graph: profiles.file(graphName) };
  await profiles.write(newestProfile(whole.tasklet), keptProfileText(whole));
  return whole;
}

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
    profile: { run_id, tasklet, module_sha256, fuel_used, ...fuel, lines_left_out: looked.leftOut, flame_graph: null },
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
