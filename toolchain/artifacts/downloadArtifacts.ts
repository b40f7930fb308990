import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SchedulerClient } from '../../daemons/protocol/schedulerClient.ts';
import type { ArtifactEntry } from '../../daemons/protocol/tenantApi.ts';
import { fileError } from '../files/fileError.ts';

/** Downloads every artifact of an ended run into `dir`, all or nothing; a former download of the run is replaced. */
export async function downloadArtifacts(
  client: SchedulerClient,
  runId: string,
  dir: string,
  signal: AbortSignal,
): Promise<ArtifactEntry[]> {
  const entries = await client.listArtifacts(runId, { signal });
  const temporary = join(dirname(dir), `.${basename(dir)}.${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(temporary, { recursive: true });
    for (const { name } of entries) {
      await writeFile(join(temporary, name), await client.artifact(runId, name, { signal }));
    }
    await rm(dir, { recursive: true, force: true });
    await rename(temporary, dir);
    return entries;
  } catch (error) {
    throw fileError(error, 'The artifacts cannot be written');
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
