import { GrafosError } from '../../base/grafosError.ts';
import { parseExactJson } from '../../base/json/parseExactJson.ts';
import type { RunError } from '../../daemons/wire/runError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { fileError } from '../files/fileError.ts';
import { writeInProgram } from '../files/writeInProgram.ts';
import { expectedText } from './expectedText.ts';
import { listFixtures } from './listFixtures.ts';

/** Pattern of a case's name, which is a plain file name on every system. */
export const CASE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$';

/**
 * Writes a new case of a tasklet: the input, and what a run on it ended with.
 *
 * @returns absolute path of the `.expected.json`
 * @throws {GrafosError} name_invalid, fixture_exists, output_outside, and a file error's code
 */
export async function writeFixture(
  program: Program,
  tasklet: Tasklet,
  name: string,
  outcome: { input: Uint8Array; output: Uint8Array; error: RunError | null },
): Promise<string> {
  if (!new RegExp(CASE_PATTERN).test(name)) {
    throw new GrafosError('name_invalid', `"${name}" cannot be the name of a case.`, {
      why: 'A name has letters, digits, hyphens and underscores, 63 at most, and begins with a letter or digit.',
      next: 'Give another name.',
    });
  }
  const known = await listFixtures(new ProgramReader(program.root), tasklet);
  if (known.some((one) => one.name === name)) {
    throw new GrafosError('fixture_exists', `The tasklet ${tasklet.name} has a case "${name}" already.`, {
      next: 'Give another name, or accept the output in that case.',
    });
  }
  const input = `${name}.input.${isJson(outcome.input) ? 'json' : 'bin'}`;
  try {
    await writeInProgram(program.root, `${tasklet.fixtures}/${input}`, outcome.input);
    return await writeInProgram(program.root, `${tasklet.fixtures}/${name}.expected.json`, expectedText(outcome));
  } catch (error) {
    throw fileError(error, 'The case cannot be written');
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    parseExactJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
