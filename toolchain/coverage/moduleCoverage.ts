import { join } from 'node:path';
import type { FuelProfile } from '../../daemons/wire/fuelProfile.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { programPath } from '../places/programPath.ts';
import { createCodePlaces } from '../profile/codePlaces.ts';
import { readSourceMap } from '../profile/readSourceMap.ts';
import { type CoveredFile, lineCoverage } from './lineCoverage.ts';

/**
 * Finds the lines that the counted runs of a built tasklet executed. Empty where the module has no
 * source map, as those of Rust and WAT.
 *
 * Reads whole files of the program and holds up its thread, so that only a bounded thread calls it.
 */
export async function moduleCoverage(
  root: string,
  tasklet: Tasklet,
  runs: readonly Pick<FuelProfile, 'places'>[],
): Promise<CoveredFile[]> {
  const reader = new ProgramReader(root);
  const built = await reader.readSoon(join(root, tasklet.output), 'module');
  const read = await reader.readSoon(join(root, `${tasklet.output}.map`), 'sourceMap');
  const map = read.state === 'ok' ? readSourceMap(read.bytes.toString('utf8')) : null;
  if (built.state !== 'ok' || map === null) return [];
  const places = createCodePlaces(built.bytes, map, () => undefined);
  return lineCoverage(runs, places, (file) => programPath(root, tasklet.output, file));
}
