import { GrafosError } from '../../base/grafosError.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { expectedText } from './expectedText.ts';
import { listFixtures } from './listFixtures.ts';
import { writeExpectation } from './writeExpectation.ts';

/**
 * Replaces the expectation of an existing case by the end of a run.
 *
 * @returns absolute path of the `.expected.json`
 * @throws {GrafosError} fixture_unknown, output_outside, and a file error's code
 */
export async function acceptOutput(
  program: Program,
  tasklet: Tasklet,
  name: string,
  outcome: { output: Uint8Array; error: RunError | null },
): Promise<string> {
  const known = await listFixtures(new ProgramReader(program.root), tasklet);
  const found = known.find((one) => one.name === name);
  if (found === undefined) {
    throw new GrafosError('fixture_unknown', `The tasklet ${tasklet.name} has no case "${name}".`, {
      why: `No ${name}.expected.json is in ${tasklet.fixtures}.`,
      next: `${meantQuestion(
        name,
        known.map((one) => one.name),
      )}Save the run as a new fixture.`,
    });
  }
  await writeExpectation(program.root, found.expectedFile, expectedText(outcome));
  return found.expectedFile;
}
