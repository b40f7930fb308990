import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SchedulerClient } from '../../../../daemons/tenant/schedulerClient.ts';
import type { Run } from '../../../../daemons/wire/tenantApi.ts';
import { downloadArtifacts } from '../../../../toolchain/artifacts/downloadArtifacts.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const never = new AbortController().signal;
/** Stands in for an ended run; a download reads no more of it. */
const run = { run_id: 'r', response: { run_id: 'r', output_bytes: 0, output_sha256: '' } } as Run;

/**
 * A stand-in for a scheduler that lists these names, and gives `bytes` for each, or fails at
 * `fails`.
 */
function standInScheduler(names: string[], fails?: string): SchedulerClient {
  return {
    url: 'https://cell.example',
    listArtifacts: async () => names.map((name) => ({ name, size: 5, sha256: '' })),
    artifact: async (_run: string, name: string) => {
      if (name === fails) throw new Error('the line broke');
      return Buffer.from('bytes');
    },
  } as unknown as SchedulerClient;
}

describe('download of artifacts', () => {
  for (const name of ['../escaped', '/etc/escaped', 'a/b', '..', '', 'response.json\0', 'unknown.txt']) {
    it(`refuses a scheduler that names ${JSON.stringify(name)}`, async () => {
      await using folder = await temporaryFolder();
      const dir = join(folder.path, 'out');
      await assert.rejects(downloadArtifacts(standInScheduler(['run.log', name]), run, dir, never), {
        code: 'cell_answer_invalid',
        kind: 'unreachable',
      });
      assert.deepEqual(await readdir(folder.path), []);
    });
  }

  it('that breaks halfway leaves what was there before', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'run.log'), 'old');
    const broken = standInScheduler(['run.log', 'run.json'], 'run.json');
    await assert.rejects(downloadArtifacts(broken, run, folder.path, never), /line broke/);
    assert.deepEqual(await readdir(folder.path), ['run.log']);
    assert.equal(await readFile(join(folder.path, 'run.log'), 'utf8'), 'old');
  });

  it('of a run under way, or onto a folder of the same name, says so', async () => {
    await using folder = await temporaryFolder();
    await assert.rejects(downloadArtifacts(standInScheduler([]), run, folder.path, never), { code: 'run_not_ended' });
    await mkdir(join(folder.path, 'run.log', 'x'), { recursive: true });
    await assert.rejects(downloadArtifacts(standInScheduler(['run.log']), run, folder.path, never), {
      code: 'not_a_file',
    });
    assert.deepEqual(await readdir(folder.path), ['run.log']);
  });
});
