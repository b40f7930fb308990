import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Place } from '../../daemons/wire/place.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { deployRun } from '../deploy/deployRun.ts';
import { logSoFar } from '../deploy/logSoFar.ts';
import { placesOfRun } from '../places/placesOfRun.ts';
import { compareOutcome, type Mismatch } from './compareOutcome.ts';
import { expectedText } from './expectedText.ts';
import type { BrokenFixture, Fixture } from './fixture.ts';

export interface FixtureResult {
  tasklet: string;
  case: string;
  passed: boolean;
  mismatch: Mismatch | null;
  /** The output was accepted: the case expects it from now on. */
  updated: boolean;
  /** Null where the case could not be read, so that nothing ran. */
  run_id: string | null;
  /** Lines of the run's log where the case failed, else null. */
  log: string[] | null;
  fuel_used: number;
  /** Microseconds. */
  duration_us: number;
  /** Places in the source where the run failed; empty for a case that passed. */
  places: Place[];
}

/**
 * Runs the cases of a tasklet one after another on the cell behind `client`, and gives each result
 * at once.
 *
 * @param accept is given the new expectation of a case whose run succeeded with another output, and
 *   says whether it wrote it
 */
export async function* runFixtures(
  client: SchedulerClient,
  program: Program,
  tasklet: Tasklet,
  fixtures: Array<Fixture | BrokenFixture>,
  signal: AbortSignal,
  accept?: (expectedFile: string, text: string) => Promise<boolean>,
): AsyncGenerator<FixtureResult> {
  for (const fixture of fixtures) {
    if ('fault' in fixture) {
      yield unread(tasklet.name, fixture);
      continue;
    }
    const { name, input, expected, expectedFile } = fixture;
    const run = await deployRun(client, { program, tasklet, input, signal });
    const { run_id, response } = run;
    if (response === null) throw new Error('an awaited run has a response');
    const output = await client.output(response, { signal });
    const mismatch = compareOutcome(expected, { output, error: response.error });
    const { fuel_used, duration_us } = response;
    const isAcceptable = mismatch !== null && response.error === null && accept !== undefined;
    const updated = isAcceptable && (await accept(expectedFile, expectedText({ output, error: null })));
    const passed = mismatch === null || updated;
    const places = passed ? [] : await placesOfRun(program.root, run, client, signal);
    const log = passed ? null : linesOf(await logSoFar(client, run, signal));
    yield { tasklet: tasklet.name, case: name, passed, mismatch, updated, run_id, log, fuel_used, duration_us, places };
  }
}

function linesOf(log: string): string[] {
  return log === '' ? [] : log.replace(/\n$/, '').split('\n');
}

function unread(tasklet: string, { name, fault }: BrokenFixture): FixtureResult {
  const what = [fault.message, fault.why, fault.next].filter((part) => part !== undefined).join(' ');
  const mismatch = { what, expected: '', actual: '', diff: '' };
  const nothing = { updated: false, run_id: null, log: null, fuel_used: 0, duration_us: 0, places: [] };
  return { tasklet, case: name, passed: false, mismatch, ...nothing };
}
