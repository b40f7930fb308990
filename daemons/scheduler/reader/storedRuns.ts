import type { StateFolder } from '../../../base/files/stateFolder.ts';
import { jsonLine } from '../bulk/jsonLine.ts';
import type { Handlers } from '../http/call.ts';
import { createReadRunRoutes } from '../http/createReadRunRoutes.ts';
import { RefusedError } from '../refused.ts';
import { endAsLost } from '../runs/endRun.ts';
import { createRunContent } from '../runs/runContent.ts';
import { openStoppedStore } from '../store/cellStore.ts';
import { storedFiles } from '../store/runFiles.ts';
import { createRunTable, type StoredRun } from '../store/runTable.ts';

/** Routes that show the runs of a stopped scheduler's store. */
export interface StoredRuns extends Disposable {
  routes: Pick<Handlers, 'listRuns' | 'getRun' | 'runEvents' | 'listArtifacts' | 'getArtifact'>;
  /** Names the first damage of the store, by a look at all of it; undefined where there is none. */
  damage(): string | undefined;
}

const LOST = 'The stack stopped while the run was under way.';

/**
 * Opens the store of a stopped scheduler.
 *
 * @throws {GrafosError} those of {@link openStoppedStore}
 */
export function storedRuns(folder: StateFolder): StoredRuns {
  const store = openStoppedStore(folder);
  const runs = createRunTable(store);
  // The next scheduler would give this end to a run that was under way when the last was killed.
  const ended = (run: StoredRun): StoredRun => (run.ended_at === null ? endAsLost(run, LOST).run : run);
  const byId = (runId: string): StoredRun => {
    const run = runs.byId(runId);
    if (run === undefined)
      throw new RefusedError('not_found', `There is no run ${runId}.`, 'List them: grafos runs list.');
    return ended(run);
  };
  const files = folder.find('runs');
  const noFiles = (): never => {
    throw new RefusedError('not_found', 'The input or output of the run is not in the store any more.');
  };
  const content = createRunContent({
    runs,
    files: files === undefined ? { path: noFiles, pieces: noFiles } : storedFiles(files),
    bulk: { jsonLine: async (path) => jsonLine(path) },
  });
  const service = {
    find: (_actor: unknown, runId: string) => byId(runId),
    list: (_actor: unknown, limit: number, before: string | undefined) =>
      runs.list(null, limit, before === undefined ? null : byId(before).seq).map(ended),
  };
  return {
    routes: createReadRunRoutes({ service, runs, content }),
    damage: () => store.damage(),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}
