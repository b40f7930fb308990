import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import { ARTIFACT_NAMES, type ArtifactEntry } from '../../daemons/protocol/tenantApi.ts';
import { fileError } from '../files/fileError.ts';

/**
 * Downloads every artifact of an ended run into `dir`, which may hold other files: only those of the same names are replaced, and none
 * before all have come.
 * @throws GrafosError `run_not_ended`, `artifact_unknown`, a refusal, or a file error's code.
 */
export async function downloadArtifacts(
  client: SchedulerClient,
  runId: string,
  dir: string,
  signal: AbortSignal,
): Promise<ArtifactEntry[]> {
  const entries = await client.listArtifacts(runId, { signal });
  if (entries.length === 0) {
    throw new GrafosError('usage', 'run_not_ended', `Run ${runId} has not ended, so it has no artifacts yet.`, {
      next: `Wait for it: grafos runs show ${runId}`,
    });
  }
  for (const { name } of entries) {
    // A name is a path below `dir`: a scheduler must not choose where on this machine a file is written.
    if (ARTIFACT_NAMES.includes(name)) continue;
    throw new GrafosError(
      'refused',
      'artifact_unknown',
      `The scheduler names an artifact that no run has: ${JSON.stringify(name)}.`,
      {
        next: 'Use a grafos as new as the cell, or ask who runs it.',
      },
    );
  }
  let staging: string | undefined;
  try {
    await mkdir(dir, { recursive: true });
    staging = await mkdtemp(join(dir, '.download-'));
    for (const { name } of entries) {
      await writeFile(join(staging, name), await client.artifact(runId, name, { signal }));
    }
    for (const { name } of entries) await rename(join(staging, name), join(dir, name));
    return entries;
  } catch (error) {
    throw fileError(error, 'The artifacts cannot be written');
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }
}
