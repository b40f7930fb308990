import { ARTIFACT_NAMES, type ArtifactEntry, type ArtifactName } from '../../wire/tenantApi.ts';
import { RefusedError } from '../refused.ts';
import { LiveRun } from '../runs/liveRun.ts';
import { renderRun } from '../runs/renderRun.ts';
import { artifactEntry, type RunContent } from '../runs/runContent.ts';
import type { RunService } from '../runs/runService.ts';
import type { RunTable, StoredRun } from '../store/runTable.ts';
import type { Answer, Call, Handlers } from './call.ts';
import { runEvents } from './runEvents.ts';

interface ReadRunParts {
  service: Pick<RunService, 'find' | 'list'>;
  runs: Pick<RunTable, 'bytes'>;
  content: RunContent;
}

/** Routes that show runs and change nothing. They need a store, and no cell. */
export function createReadRunRoutes({
  service,
  runs,
  content,
}: ReadRunParts): Pick<Handlers, 'listRuns' | 'getRun' | 'runEvents' | 'listArtifacts' | 'getArtifact'> {
  const find = (call: Call): LiveRun | StoredRun => service.find(call.actor, call.params.id ?? '');
  return {
    listRuns: ({ actor, query }) => {
      const found = service.list(actor, Number(query.limit), query.before as string | undefined);
      return { status: 200, json: { runs: found.map((run) => renderRun(run, null)) } };
    },
    getRun: async (call) => {
      const found = find(call);
      const subject = call.params.id ?? null;
      if (found instanceof LiveRun) {
        found.acknowledged = true;
        return { status: 200, json: renderRun(found.run, null), subject };
      }
      return { ...(await endedAnswer(content, found)), subject };
    },
    runEvents: (call) => {
      const found = find(call);
      if (found instanceof LiveRun) found.acknowledged = true;
      call.allow(call.params.id ?? null);
      return {
        status: 200,
        events: runEvents(found, found instanceof LiveRun ? null : (runs.bytes(found).log ?? ''), content.shown),
      };
    },
    listArtifacts: async (call) => {
      const run = storedOf(find(call));
      const artifacts: ArtifactEntry[] = [];
      for (const name of ARTIFACT_NAMES) {
        const pieces = await content.artifact(name, run);
        if (pieces !== null) artifacts.push(await artifactEntry(name, pieces));
      }
      return { status: 200, json: { artifacts }, subject: run.run_id };
    },
    getArtifact: async (call) => {
      const run = storedOf(find(call));
      const pieces = await content.artifact(call.params.name as ArtifactName, run);
      if (pieces === null) {
        throw new RefusedError(
          'not_found',
          'The run has not ended, so it has no such artifact yet.',
          'Wait for its end.',
        );
      }
      return { status: 200, type: 'bytes', pieces, subject: `${run.run_id}/${call.params.name}` };
    },
  };
}

/** Answers with an ended run and its output. */
export async function endedAnswer(content: RunContent, run: StoredRun, output?: Uint8Array): Promise<Answer> {
  const shown = await content.shown(run, output);
  return 'json' in shown ? { status: 200, ...shown } : { status: 200, type: 'json', ...shown };
}

export function storedOf(found: LiveRun | StoredRun): StoredRun {
  return found instanceof LiveRun ? found.run : found;
}
