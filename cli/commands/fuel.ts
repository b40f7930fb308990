import { fuelText } from '../../program/fuelEdit.ts';
import { findTasklet, loadProgram, MANIFEST_NAME } from '../../program/loadProgram.ts';
import { ProgramReader } from '../../program/programReader.ts';
import type { BrokenFixture, Fixture } from '../../toolchain/cases/fixture.ts';
import { loadFixtures } from '../../toolchain/cases/loadFixtures.ts';
import { buildAll } from '../../toolchain/compile/buildAll.ts';
import { type FuelSuggestion, suggestFuel } from '../../toolchain/fuel/suggestFuel.ts';
import { writeFuel } from '../../toolchain/fuel/writeFuel.ts';
import { DEFAULT_MEM_CAPACITY } from '../../toolchain/stack/stackRequest.ts';
import { startTemporaryStack } from '../../toolchain/stack/startTemporaryStack.ts';
import { reportBuildFailure } from '../builds.ts';
import type { CommandContext } from '../command.ts';
import { countText } from '../text.ts';

export async function suggest(
  { cwd, out, signal }: CommandContext,
  given: { tasklets: string[]; write?: boolean },
): Promise<number> {
  const program = loadProgram(cwd);
  const tasklets =
    given.tasklets.length === 0 ? program.manifest.tasklets : given.tasklets.map((name) => findTasklet(program, name));
  const reader = new ProgramReader(program.root);
  try {
    await buildAll(program, tasklets, signal, ({ name }) => out.progress(`building ${name}`));
  } catch (error) {
    return reportBuildFailure(out, error, cwd);
  }
  const memory = Math.max(DEFAULT_MEM_CAPACITY, ...tasklets.map(({ mem_bytes }) => mem_bytes));
  const suggestions: FuelSuggestion[] = [];
  {
    await using stack = await startTemporaryStack(program.root, memory, signal);
    for (const tasklet of tasklets) {
      out.progress(`running the cases of ${tasklet.name}`);
      const fixtures = (await loadFixtures(reader, tasklet)).map(readable);
      suggestions.push(await suggestFuel(stack.client, program, tasklet, fixtures, signal));
    }
  }
  const written = given.write === true;
  if (written)
    for (const { tasklet, fuel, enough } of suggestions) if (!enough) await writeFuel(program, tasklet, fuel);
  out.result({ written, suggestions }, () =>
    suggestions.flatMap(({ tasklet, fuel, fuel_used, case: name, current, enough, line }) => [
      `${tasklet}: case ${name} used ${countText(fuel_used)}; ${MANIFEST_NAME}:${line} gives ${countText(current)}`,
      enough
        ? `  enough; the cases need: fuel = ${fuelText(fuel)}`
        : `  ${written ? 'written' : 'write'}: fuel = ${fuelText(fuel)}`,
    ]),
  );
  return 0;
}

/**
 * Narrows a fixture to one that can be run: a budget without a broken case could be too small.
 *
 * @throws {GrafosError} the fault of the case
 */
function readable(fixture: Fixture | BrokenFixture): Fixture {
  if ('fault' in fixture) throw fixture.fault;
  return fixture;
}
