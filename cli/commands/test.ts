import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { buildAll } from '../../toolchain/build/buildAll.ts';
import type { Fixture } from '../../toolchain/fixtures/fixture.ts';
import { loadFixtures } from '../../toolchain/fixtures/loadFixtures.ts';
import { type FixtureResult, runFixtures } from '../../toolchain/fixtures/runFixtures.ts';
import { stackForTests } from '../../toolchain/stack/stackForTests.ts';
import { DEFAULT_MEM_CAPACITY } from '../../toolchain/stack/startStack.ts';
import type { CommandContext } from '../command.ts';
import { countText } from '../countText.ts';
import { placeLines } from '../placeLines.ts';
import { reportBuildFailure } from '../reportBuildFailure.ts';
import { durationText } from '../runLines.ts';
import { warnIfStale } from '../warnIfStale.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { tasklets: string[]; build: boolean },
): Promise<number> {
  const program = loadProgram(cwd);
  const tasklets =
    given.tasklets.length === 0 ? program.manifest.tasklets : given.tasklets.map((name) => findTasklet(program, name));
  const reader = new ProgramReader(program.root);
  const suites: Array<{ tasklet: Tasklet; fixtures: Fixture[] }> = [];
  for (const tasklet of tasklets) suites.push({ tasklet, fixtures: await loadFixtures(reader, tasklet) });
  if (given.build) {
    try {
      await buildAll(program, tasklets, signal, ({ name }) => out.progress(`building ${name}`));
    } catch (error) {
      return reportBuildFailure(out, error, cwd);
    }
  }
  if (!given.build) for (const { tasklet } of suites) await warnIfStale(out, program, tasklet);
  const results: FixtureResult[] = [];
  if (suites.some(({ fixtures }) => fixtures.length > 0)) {
    out.progress('starting');
    const memory = Math.max(DEFAULT_MEM_CAPACITY, ...tasklets.map(({ mem_bytes }) => mem_bytes));
    await using stack = await stackForTests(program.root, memory, signal);
    for (const { tasklet, fixtures } of suites) {
      for await (const result of runFixtures(stack.client, program, tasklet, fixtures, signal)) {
        out.progress(`${result.tasklet}: ${result.case}`);
        results.push(result);
      }
    }
  }
  const failed = results.filter(({ passed }) => !passed).length;
  const passed = results.length - failed;
  const widest = Math.max(...results.map(({ tasklet, case: name }) => `${tasklet}/${name}`.length));
  out.result({ passed, failed, cases: results }, (paint) => [
    ...results.flatMap(({ tasklet, case: name, passed: good, mismatch, fuel_used, duration_us, places }) =>
      good
        ? [
            `${paint('green', 'pass')}  ${`${tasklet}/${name}`.padEnd(widest)}  ${paint('dim', `fuel ${countText(fuel_used)}, ${durationText(duration_us)}`)}`,
          ]
        : [
            `${paint('red', 'FAIL')}  ${tasklet}/${name}: ${mismatch?.what}`,
            ...(mismatch?.diff.split('\n').map((line) => `        ${line}`) ?? []),
            ...placeLines(places, paint).map((line) => `      ${line}`),
          ],
    ),
    results.length === 0
      ? `no fixtures: put cases into ${tasklets.map((tasklet) => tasklet.fixtures).join(', ')}`
      : `${passed} passed, ${failed} failed`,
  ]);
  return failed === 0 ? 0 : 1;
}
