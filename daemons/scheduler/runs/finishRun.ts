/** The ends of runs. Each is in the store before it is reported. */
import type { RefusedError } from '../refused.ts';
import type { CellStore } from '../store/cellStore.ts';
import { IN_ROW_BYTES } from '../store/runFiles.ts';
import type { RunTable } from '../store/runTable.ts';
import { endAsLost } from './endRun.ts';
import type { EndedRun, LiveRun } from './liveRun.ts';
import type { RunServiceParts, RunWork } from './runParts.ts';

/** Between two tries to write the end of a run while the disk is full, milliseconds. */
const WRITE_RETRY_MS = 500;

const LOST_NEXT_START = 'The scheduler was stopped or killed while the run was under way.';

/**
 * Ends the runs that an earlier process left in flight. Their progress is unknown, and none may
 * vanish.
 */
export function endAbandonedRuns(store: CellStore, runs: RunTable): number {
  const abandoned = runs.inFlight();
  if (abandoned.length === 0) return 0;
  store.change(() => {
    for (const run of abandoned) {
      const ended = endAsLost(run, LOST_NEXT_START);
      runs.end(ended.run, ended.output, ended.log);
    }
  });
  return abandoned.length;
}

/**
 * Ends a run. The end is reported only when it is in the store, and is tried again until then: a
 * run that ended must not look as if it had not.
 */
export async function finishRun(work: RunWork, entered: LiveRun, ended: EndedRun): Promise<void> {
  entered.isEnding = true;
  await writeEnd(work, ended);
  Object.assign(entered.run, ended.run);
  work.live.leave(entered);
  entered.restOfLog(ended.log);
  entered.enter(ended.run.state, ended.run.ended_at ?? Date.now());
  work.feed.ended(ended.run);
  entered.finish(ended);
}

async function writeEnd(work: RunWork, ended: EndedRun): Promise<void> {
  const { store, runs, files, log } = work;
  for (;;) {
    try {
      if (ended.output.length > IN_ROW_BYTES) await files.write(ended.run.run_id, 'output', ended.output);
      const { value: dropped, durable } = store.change(() => {
        runs.end(ended.run, ended.output, ended.log);
        return runs.trim();
      });
      await durable;
      if (dropped.length > 0) removeFiles(work, dropped);
      return;
    } catch (error) {
      if (work.isStopping) {
        log.error(`run ${ended.run.run_id}: its end could not be written (${String(error)})`);
        return;
      }
      log.warn(`run ${ended.run.run_id}: its end cannot be written yet (${String(error)})`);
      await new Promise((resolve) => setTimeout(resolve, WRITE_RETRY_MS));
    }
  }
}

/** Removes files. Files that cannot be removed now are swept at the next start. */
export function removeFiles({ files, log }: RunServiceParts, runIds: readonly string[]): void {
  files.remove(runIds).catch((error: unknown) => log.warn(`files of runs could not be removed: ${String(error)}`));
}

/**
 * Abandons a run because the scheduler stops. A run that is not in the store has no end there; its
 * submit fails.
 */
export async function abandonRun(work: RunWork, entered: LiveRun): Promise<void> {
  entered.isEnding = true;
  entered.grant?.giveUp();
  const isStored = await entered.stored.then(
    () => true,
    () => false,
  );
  if (isStored) await finishRun(work, entered, endAsLost(entered.run, LOST_NEXT_START));
}

/**
 * Drops a run that was not reported yet and that the cell refused. It is a refused submit and no
 * run.
 */
export function forgetRun(work: RunWork, entered: LiveRun, refusal: RefusedError): void {
  const { store, runs, decisions, feed, log, live } = work;
  const { run } = entered;
  try {
    store.change(() => {
      runs.remove(run);
      decisions.refusePlacement(run.run_id, refusal.reason);
    });
  } catch (error) {
    log.error(`run ${run.run_id}: a refused run could not be removed (${String(error)})`);
  }
  if (run.input_bytes > IN_ROW_BYTES) removeFiles(work, [run.run_id]);
  live.leave(entered);
  feed.refused(run, refusal.reason);
  entered.refuse(refusal);
}
