import type { Run } from '../wire/tenantApi.ts';

/** The fields that a run must have for it to be the one that was asked for. */
export type ExpectedRun = Partial<Pick<Run, 'run_id' | 'tenant' | 'program' | 'tasklet' | 'version' | 'module_sha256'>>;

/** Finds why a run of the right shape cannot be, or is not the one asked for; null where it is. */
export function runProblem(run: Run, expected: ExpectedRun): string | null {
  for (const [field, value] of Object.entries(expected)) {
    const found = run[field as keyof ExpectedRun];
    if (found !== value) return `${field} of the run is ${found}, and ${value} was asked for`;
  }
  const { response } = run;
  if ((run.ended_at === null) !== (response === null)) return 'the run has an end without a response, or the reverse';
  if (response === null) return null;
  for (const field of ['run_id', 'state', 'module_sha256', 'cell_id', 'provider'] as const) {
    if (response[field] !== run[field]) return `${field} of the run and of its response differ`;
  }
  return response.state === 'succeeded' && response.error !== null ? 'the run succeeded with an error' : null;
}
