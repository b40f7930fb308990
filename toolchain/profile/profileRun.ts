import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { OUTSIDE_ERRORS, type RunErrorCode } from '../../daemons/wire/runError.ts';
import { decodeText } from '../../program/decodeText.ts';
import type { Program } from '../../program/loadProgram.ts';
import { ProgramReader } from '../../program/programReader.ts';
import type { RunPlace } from '../deploy/findRun.ts';
import { fileError } from '../files/fileError.ts';
import { programPath } from '../places/programPath.ts';
import { endedRun } from '../replay/endedRun.ts';
import { makeProgramState } from '../stack/programState.ts';
import { createCodePlaces } from './codePlaces.ts';
import { countRun } from './countRun.ts';
import { fuelOfRun, type RunFuel } from './fuelOfRun.ts';
import { type ReadSourceMap, readSourceMap } from './readSourceMap.ts';
import { newestProfile, PROFILES } from './sourceFuel.ts';
import { speedscope } from './speedscope.ts';

/** Fuel of a run by functions, lines and calls. */
export interface RunProfile extends RunFuel {
  run_id: string;
  tasklet: string;
  module_sha256: string;
  fuel_used: number;
  /** Path of the flame graph, speedscope's format. */
  flame_graph: string;
}

/** Errors of a run that never began. */
const NEVER_BEGAN: ReadonlySet<RunErrorCode> = new Set(['module_invalid', 'profile_violation']);

/**
 * Repeats an ended run of any provider on this machine, with counters in its module, and reports
 * where its fuel went.
 *
 * The report is exact: the repeated run ends like the first, with the same output and fuel, or
 * there is no profile.
 *
 * @throws {GrafosError} not_profiled, profile_differs, profile_failed, and those of
 *   {@link endedRun}
 */
export async function profileRun(
  program: Program,
  runId: string,
  at: RunPlace,
  signal: AbortSignal,
): Promise<RunProfile> {
  const { response, record, input, module } = await endedRun(program, runId, at, signal);
  const code = response.error?.code;
  if (code !== undefined && (OUTSIDE_ERRORS.has(code) || NEVER_BEGAN.has(code))) {
    throw new GrafosError('not_profiled', `Run ${runId} ended as ${code} and has no profile.`, {
      why: 'It was ended from outside, or never began: no instruction is its last.',
      next: 'Profile a run that ended by itself, for instance with less fuel: it stops where the fuel ends.',
    });
  }
  const counted = await countRun({ record, module_b64: base64(module), input_b64: base64(input) }, signal);
  const differences = [
    counted.state === response.state ? [] : ['state'],
    counted.error?.code === response.error?.code ? [] : ['error'],
    counted.fuel_used === response.fuel_used ? [] : ['fuel_used'],
    counted.output_sha256 === response.output_sha256 ? [] : ['output_sha256'],
  ].flat();
  if (differences.length > 0) {
    throw new GrafosError('profile_differs', `Run ${runId} done again differs in ${differences.join(', ')}.`, {
      why: 'Something outside the run changed its result: a write of somebody else to its fabric memory, or a lease that ended.',
      next: 'Profile a run that uses its fabric memory alone.',
    });
  }
  const reader = new ProgramReader(program.root);
  const output = program.manifest.tasklets.find(({ name }) => name === record.tasklet)?.output ?? '';
  const map = await mapOf(reader, output, record.module_sha256);
  const places = createCodePlaces(module, map, (file) => sourceText(reader, output, file));
  const fuel = fuelOfRun(counted, places, (file) => programPath(program.root, output, file));
  const profiles = await makeProgramState(program.root, PROFILES);
  const graphName = `${runId}.speedscope.json`;
  const flame_graph = profiles.file(graphName);
  const graph = speedscope(`${record.tasklet} ${runId}`, counted.calls, (index) => places.nameOf(index));
  try {
    await profiles.write(graphName, `${JSON.stringify(graph)}\n`);
  } catch (error) {
    throw fileError(error, 'The flame graph cannot be written');
  }
  const profile: RunProfile = {
    run_id: runId,
    tasklet: record.tasklet,
    module_sha256: record.module_sha256,
    fuel_used: counted.fuel_used,
    ...fuel,
    flame_graph,
  };
  await profiles.write(newestProfile(record.tasklet), `${JSON.stringify(profile)}\n`);
  return profile;
}

/**
 * Reads the source map of the built module; null unless that module ran, because the lines would be
 * wrong.
 */
async function mapOf(reader: ProgramReader, output: string, sha256: string): Promise<ReadSourceMap | null> {
  if (output === '') return null;
  const built = await reader.readSoon(join(reader.root, output), 'module');
  if (built.state !== 'ok' || createHash('sha256').update(built.bytes).digest('hex') !== sha256) return null;
  const read = await reader.readSoon(join(reader.root, `${output}.map`), 'sourceMap');
  return read.state === 'ok' ? readSourceMap(read.bytes.toString('utf8')) : null;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
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
