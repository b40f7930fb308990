import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../../base/files/makeFolders.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { cellAnswerInvalid } from '../../daemons/tenant/cellAnswerInvalid.ts';
import { outputOf } from '../../daemons/tenant/outputOf.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { ARTIFACT_NAMES, type ArtifactEntry, type Run } from '../../daemons/wire/tenantApi.ts';
import { fileError } from '../files/fileError.ts';

/**
 * Downloads every artifact of an ended run into `dir`, which may hold other files. Only files of
 * the same names are replaced, and none before all have come and match the cell's description.
 *
 * @throws {GrafosError} run_not_ended, cell_answer_invalid, a refusal, or a file error's code
 */
export async function downloadArtifacts(
  client: SchedulerClient,
  run: Run,
  dir: string,
  signal: AbortSignal,
): Promise<ArtifactEntry[]> {
  const runId = run.run_id;
  const { response } = run;
  const entries = await client.listArtifacts(runId, { signal });
  if (entries.length === 0 || response === null) {
    throw new GrafosError('run_not_ended', `Run ${runId} has not ended, so it has no artifacts yet.`, {
      next: `Wait for it: grafos runs show ${runId}`,
    });
  }
  for (const { name } of entries) {
    // A name becomes a path below `dir`: a cell must not choose where on this machine a file is
    // written.
    if (!ARTIFACT_NAMES.includes(name)) throw cellAnswerInvalid(client.url, `no run has an artifact "${name}"`);
  }
  let staging: string | undefined;
  try {
    makeFolders(dir);
    staging = await mkdtemp(join(dir, '.download-'));
    for (const expected of entries) {
      const { name } = expected;
      const bytes = await client.artifact(runId, name, { signal, expected });
      if (name === 'output.b64' && outputOf(response, bytes) === null) {
        throw cellAnswerInvalid(client.url, `the output of run ${runId} is not the one its response names`);
      }
      await writeFile(join(staging, name), bytes);
    }
    for (const { name } of entries) await rename(join(staging, name), join(dir, name));
    return entries;
  } catch (error) {
    throw fileError(error, `The artifacts cannot be written to ${dir}`);
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }
}
