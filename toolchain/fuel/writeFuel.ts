import { GrafosError } from '../../base/grafosError.ts';
import { MANIFEST_NAME, type Program } from '../../program/loadProgram.ts';
import { fileError } from '../files/fileError.ts';
import { writeInProgram } from '../files/writeInProgram.ts';
import { manifestChanged } from './manifestChanged.ts';
import { manifestFuel } from './manifestFuel.ts';

/**
 * Writes a budget into the manifest and leaves everything else of it as it is.
 *
 * @throws {GrafosError} manifest_unreadable, fuel_not_written, or a file error's code
 */
export async function writeFuel(program: Program, tasklet: string, fuel: number): Promise<void> {
  const manifest = await manifestFuel(program.root, tasklet);
  if (manifest === null) throw manifestChanged(program);
  const content = manifest.withFuel(fuel);
  if (content === null) {
    throw new GrafosError('fuel_not_written', `The budget of ${tasklet} cannot be written.`, {
      why: `Its table in ${MANIFEST_NAME} has no lines of its own.`,
      next: `Write it by hand: fuel = ${fuel}`,
    });
  }
  try {
    await writeInProgram(program.root, MANIFEST_NAME, content);
  } catch (error) {
    throw fileError(error, `${MANIFEST_NAME} cannot be written`);
  }
}
