import { join } from 'node:path';
import type { SchedulerClient } from '../daemons/tenant/schedulerClient.ts';
import type { FuelProfile } from '../daemons/wire/fuelProfile.ts';
import type { Program } from '../program/loadProgram.ts';
import type { Tasklet } from '../program/manifest.ts';
import { ProgramReader } from '../program/programReader.ts';
import { coverageBounded } from '../toolchain/bounded/coverageBounded.ts';
import type { BrokenFixture, Fixture } from '../toolchain/cases/fixture.ts';
import type { FixtureResult } from '../toolchain/cases/runFixtures.ts';
import { countCase } from '../toolchain/coverage/countCase.ts';
import { lcovText } from '../toolchain/coverage/lcovText.ts';
import { type CoveredFile, joinCoverage } from '../toolchain/coverage/lineCoverage.ts';
import { saveBytes } from '../toolchain/files/saveBytes.ts';
import type { CommandContext } from './command.ts';
import { COVERAGE_FAULT } from './outputFile.ts';
import { pathText } from './text.ts';

/** The coverage of a test, as `--json` has it. */
export interface Covered {
  /** Absolute path of the lcov file. */
  file: string;
  /** Lines of the program that have code. */
  lines: number;
  /** Those among them that were executed. */
  executed: number;
}

/** Repeats the runs of a tasklet's cases with counters, and finds the lines that they executed. */
export async function coverageOf(
  { out, signal }: CommandContext,
  client: SchedulerClient,
  { root }: Program,
  tasklet: Tasklet,
  { fixtures, results }: { fixtures: ReadonlyArray<Fixture | BrokenFixture>; results: readonly FixtureResult[] },
): Promise<CoveredFile[]> {
  const built = await new ProgramReader(root).readSoon(join(root, tasklet.output), 'module');
  if (built.state !== 'ok') return [];
  const runs: FuelProfile[] = [];
  for (const { tasklet: name, case: caseName, run_id } of results) {
    const fixture = fixtures.find((one) => one.name === caseName);
    if (name !== tasklet.name || run_id === null || fixture === undefined || !('input' in fixture)) continue;
    out.progress(`${name}: counting ${caseName}`);
    const counted = await countCase(client, run_id, { input: fixture.input, module: built.bytes }, signal);
    if (counted !== null) runs.push(counted);
  }
  const files = await coverageBounded(root, tasklet, runs, signal);
  if (files.length === 0) out.note(`${tasklet.name}: no line is known, because its module has no source map`);
  return files;
}

/**
 * @param file absolute
 * @throws {GrafosError} a file error's code
 */
export async function saveCoverage(file: string, covered: readonly CoveredFile[]): Promise<Covered> {
  const files = joinCoverage(covered);
  await saveBytes(file, Buffer.from(lcovText(files)), COVERAGE_FAULT);
  const lines = files.flatMap((one) => one.lines);
  return { file, lines: lines.length, executed: lines.filter(({ count }) => count > 0).length };
}

export function coverageLine({ file, lines, executed }: Covered, cwd: string): string {
  const share = lines === 0 ? 'no line has code' : `${((100 * executed) / lines).toFixed(1)} % of ${lines} lines`;
  return `${share} executed  ${pathText(file, cwd)}`;
}
