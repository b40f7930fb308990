import { GrafosError } from '../../base/grafosError.ts';
import { meantQuestion } from '../../program/didYouMean.ts';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import type { BrokenFixture, Fixture } from '../../toolchain/cases/fixture.ts';
import { listFixtures } from '../../toolchain/cases/listFixtures.ts';
import { loadFixtures } from '../../toolchain/cases/loadFixtures.ts';
import { type FixtureResult, runFixtures } from '../../toolchain/cases/runFixtures.ts';
import { writeExpectation } from '../../toolchain/cases/writeExpectation.ts';
import { buildAll } from '../../toolchain/compile/buildAll.ts';
import type { CoveredFile } from '../../toolchain/coverage/lineCoverage.ts';
import { DEFAULT_MEM_CAPACITY } from '../../toolchain/stack/stackRequest.ts';
import { startTemporaryStack } from '../../toolchain/stack/startTemporaryStack.ts';
import { reportBuildFailure, warnIfStale } from '../builds.ts';
import type { CommandContext } from '../command.ts';
import { COVERAGE_FAULT, outputFile } from '../outputFile.ts';
import type { Paint } from '../printedLine.ts';
import { placeLines } from '../runLines.ts';
import { countText, durationText } from '../text.ts';

export async function run(
  context: CommandContext,
  given: { tasklets: string[]; build: boolean; case?: string[]; update?: boolean; coverage?: string },
): Promise<number> {
  const { cwd, out, signal } = context;
  const program = loadProgram(cwd);
  const tasklets =
    given.tasklets.length === 0 ? program.manifest.tasklets : given.tasklets.map((name) => findTasklet(program, name));
  const reader = new ProgramReader(program.root);
  const suites: Array<{ tasklet: Tasklet; fixtures: Array<Fixture | BrokenFixture> }> = [];
  const wanted = given.case === undefined ? undefined : new Set(given.case);
  for (const tasklet of tasklets) suites.push({ tasklet, fixtures: await loadFixtures(reader, tasklet, wanted) });
  await refuseUnknownCases(reader, suites, wanted);
  if (given.build) {
    try {
      await buildAll(program, tasklets, signal, ({ name }) => out.progress(`building ${name}`));
    } catch (error) {
      return reportBuildFailure(out, error, cwd);
    }
  }
  if (!given.build) for (const { tasklet } of suites) await warnIfStale(out, program, tasklet);
  const results: FixtureResult[] = [];
  const covered: CoveredFile[] = [];
  const cover = given.coverage === undefined ? undefined : await import('../testCoverage.ts');
  const lcov = outputFile(cwd, '--coverage', given.coverage, COVERAGE_FAULT);
  if (suites.some(({ fixtures }) => fixtures.length > 0)) {
    out.progress('starting');
    const memory = Math.max(DEFAULT_MEM_CAPACITY, ...tasklets.map(({ mem_bytes }) => mem_bytes));
    const write = async (expectedFile: string, text: string): Promise<true> => {
      await writeExpectation(program.root, expectedFile, text);
      return true;
    };
    const accept = given.update ? write : undefined;
    await using stack = await startTemporaryStack(program.root, memory, signal);
    for (const { tasklet, fixtures } of suites) {
      for await (const result of runFixtures(stack.client, program, tasklet, fixtures, signal, accept)) {
        out.progress(`${result.tasklet}: ${result.case}`);
        results.push(result);
      }
      if (cover !== undefined)
        covered.push(...(await cover.coverageOf(context, stack.client, program, tasklet, { fixtures, results })));
    }
  }
  const failed = results.filter(({ passed }) => !passed).length;
  const passed = results.length - failed;
  const widest = Math.max(...results.map(({ tasklet, case: name }) => `${tasklet}/${name}`.length));
  const coverage = lcov === undefined || cover === undefined ? null : await cover.saveCoverage(lcov, covered);
  out.result({ passed, failed, cases: results, coverage }, (paint) => [
    ...results.flatMap((result) => resultLines(result, widest, paint)),
    results.length === 0
      ? `no fixtures: put cases into ${tasklets.map((tasklet) => tasklet.fixtures).join(', ')}`
      : `${passed} passed, ${failed} failed`,
    ...(coverage === null || cover === undefined ? [] : [cover.coverageLine(coverage, cwd)]),
  ]);
  return failed === 0 ? 0 : 1;
}

function resultLines(result: FixtureResult, widest: number, paint: Paint): string[] {
  const { tasklet, case: name, passed, mismatch, updated, run_id, log, places, fuel_used, duration_us } = result;
  const label = `${tasklet}/${name}`;
  if (passed) {
    const cost = paint('dim', `fuel ${countText(fuel_used)}, ${durationText(duration_us)}`);
    return [`${updated ? paint('yellow', 'new ') : paint('green', 'pass')}  ${label.padEnd(widest)}  ${cost}`];
  }
  return [
    `${paint('red', 'FAIL')}  ${label}: ${mismatch?.what}`,
    ...((mismatch?.diff || undefined)?.split('\n').map((line) => `        ${line}`) ?? []),
    ...placeLines(places, paint).map((line) => `      ${line}`),
    ...(log ?? []).map((line, index) => `  ${index === 0 ? 'log ' : '    '}  ${line}`),
    ...(run_id === null ? [] : [`  run   ${run_id}  ${paint('dim', `grafos runs show ${run_id}`)}`]),
  ];
}

/** @throws {GrafosError} wrong_usage */
async function refuseUnknownCases(
  reader: ProgramReader,
  suites: Array<{ tasklet: Tasklet; fixtures: Array<{ name: string }> }>,
  wanted: ReadonlySet<string> | undefined,
): Promise<void> {
  const found = new Set(suites.flatMap(({ fixtures }) => fixtures.map(({ name }) => name)));
  const unknown = [...(wanted ?? [])].find((name) => !found.has(name));
  if (unknown === undefined) return;
  const known = await Promise.all(suites.map(({ tasklet }) => listFixtures(reader, tasklet)));
  const question = meantQuestion(
    unknown,
    known.flat().map(({ name }) => name),
  );
  throw new GrafosError('wrong_usage', `There is no case "${unknown}".`, {
    next: `${question}Give the name of its file, without .expected.json.`,
  });
}
