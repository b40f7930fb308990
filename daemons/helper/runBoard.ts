import { type HelperRun, type HelperRuns, summarizeRun } from '../wire/helperApi.ts';
import type { Run } from '../wire/tenantApi.ts';

/** Runs that are kept, the newest; as many as the dashboard shows. */
export const BOARD_RUNS = 200;

/** The newest runs as last heard of. */
export interface RunBoard {
  /** Forgets what it had. */
  fill(runs: readonly Run[]): void;
  /**
   * Takes in a run.
   *
   * @returns the run to report, or null where a newer state was reported
   */
  put(run: Run): HelperRun | null;
  remove(runId: string): void;
  /** Newest first. */
  all(): HelperRuns;
}

export function runBoard(): RunBoard {
  const known = new Map<string, HelperRun>();

  const put = (run: Run): HelperRun | null => {
    const before = known.get(run.run_id);
    const now = summarizeRun(run);
    if (before !== undefined && rank(now) < rank(before)) return null;
    known.set(run.run_id, now);
    if (known.size > BOARD_RUNS) known.delete([...known.values()].reduce(older).run_id);
    return now;
  };

  return {
    fill: (runs) => {
      known.clear();
      for (const run of runs) put(run);
    },
    put,
    remove: (runId) => known.delete(runId),
    all: () => ({ runs: [...known.values()].sort((a, b) => (older(a, b) === a ? 1 : -1)) }),
  };
}

const STATES = ['admitted', 'placed', 'running'];

/** No run goes back. */
function rank({ state, ended_at }: HelperRun): number {
  return ended_at === null ? STATES.indexOf(state) : STATES.length;
}

function older(a: HelperRun, b: HelperRun): HelperRun {
  return a.created_at < b.created_at || (a.created_at === b.created_at && a.run_id < b.run_id) ? a : b;
}
