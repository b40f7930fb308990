import { GrafosError } from '../../base/grafosError.ts';
import { LIMITS } from '../../base/limits.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { OUTSIDE_ERRORS } from '../../daemons/wire/runError.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { Fixture } from '../cases/fixture.ts';
import { deployRun } from '../deploy/deployRun.ts';
import { manifestChanged } from './manifestChanged.ts';
import { manifestFuel } from './manifestFuel.ts';
import { roundFuel } from './roundFuel.ts';

/** A budget for a tasklet that its fixtures stay within. */
export interface FuelSuggestion {
  tasklet: string;
  /** The largest fuel that a case used, and the name of that case. */
  fuel_used: number;
  case: string;
  /** The budget: {@link fuel_used} and a margin. */
  fuel: number;
  /** The manifest's budget now. */
  current: number;
  /** The manifest's budget is as large already, or larger. */
  enough: boolean;
  /** Line of the manifest, from 1, that has the budget or the tasklet's header. */
  line: number;
}

/**
 * Runs the cases of a tasklet with the most fuel that a cell gives, and suggests a budget by what
 * they used.
 *
 * @throws {GrafosError} no_fixtures, fixture_not_measured, manifest_unreadable, or an error of the
 * deploy
 */
export async function suggestFuel(
  client: SchedulerClient,
  program: Program,
  tasklet: Tasklet,
  fixtures: readonly Fixture[],
  signal: AbortSignal,
): Promise<FuelSuggestion> {
  const measured = fixtures.filter(({ expected }) => expected.kind !== 'error' || expected.label !== 'fuel_exhausted');
  if (measured.length === 0) {
    throw new GrafosError('no_fixtures', `Tasklet ${tasklet.name} has no fixtures to measure.`, {
      why: 'A budget is suggested by the fuel that the cases use.',
      next: `Put inputs of the size you expect into ${tasklet.fixtures}.`,
    });
  }
  let most = { name: '', used: -1 };
  for (const { name, input } of measured) {
    const { response } = await deployRun(client, { program, tasklet, input, signal, limits: { fuel: LIMITS.fuelMax } });
    if (response === null) throw new Error('an awaited run has a response');
    if (response.error !== null && OUTSIDE_ERRORS.has(response.error.code)) {
      throw new GrafosError('fixture_not_measured', `Case ${name} of ${tasklet.name} did not end by itself.`, {
        why: response.error.message,
        next: 'Give the tasklet a longer timeout in grafos.toml, or the case a smaller input.',
      });
    }
    if (response.fuel_used > most.used) most = { name, used: response.fuel_used };
  }
  const manifest = await manifestFuel(program.root, tasklet.name);
  if (manifest === null) throw manifestChanged(program);
  const { fuel: current, line } = manifest;
  const fuel = roundFuel(most.used);
  return { tasklet: tasklet.name, fuel_used: most.used, case: most.name, fuel, current, enough: current >= fuel, line };
}
