import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Program } from '../../../../program/loadProgram.ts';
import { type DeployRun, followSubmitted } from '../../../../toolchain/deploy/deployRun.ts';
import { deployToProvider } from '../../../../toolchain/deploy/deployToProvider.ts';
import { readUsedCells } from '../../../../toolchain/deploy/usedCells.ts';
import { answeringCells, type CellAnswer, refusalOf, UNDER_WAY } from '../../../helpers/answeringCells.ts';
import { SUBMIT } from '../../../helpers/goodAnswers.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const MODULE = Buffer.from('a module');
const MODULE_SHA256 = createHash('sha256').update(MODULE).digest('hex');

/** Refusals that another cell may not give. */
const FULL = [
  'lease_denied: capacity',
  'lease_denied: quota',
  'quota_burst_exceeded',
  'quota_hard_limit_exceeded',
  'runtime_not_ready',
  'scheduler_standby',
  'shutting_down',
  'storage_unavailable',
] as const;

const refusing =
  (reason: string): CellAnswer =>
  (_request, json) =>
    json(503, refusalOf(reason));

/** Takes every run, which is under way then, and refuses all other requests. */
const taking =
  (reason: string): CellAnswer =>
  (request, json) => {
    if (request.method === 'POST' && request.url === '/api/v1/runs')
      return json(200, { ...UNDER_WAY, module_sha256: MODULE_SHA256 });
    json(503, refusalOf(reason));
  };

/** The requests that start a run. */
const submits = (asked: readonly string[]): string[] => asked.filter((one) => one.endsWith('POST /api/v1/runs'));

describe('a deploy to a provider of several cells', () => {
  const { signal } = new AbortController();
  const skipped: string[] = [];
  const deploy = (root: string, cell?: string) => {
    skipped.length = 0;
    const to = { provider: 'aws', cell, signal, skipped: (name: string) => void skipped.push(name) };
    return deployToProvider(root, to, async () => asked(root));
  };
  const asked = (root: string): DeployRun => ({
    program: { root, manifest: { name: 'demo', version: '0.1.0' } } as Program,
    tasklet: { ...SUBMIT, name: 'demo', output: '' },
    module: MODULE,
    input: Buffer.alloc(0),
    signal,
    onLog: () => {},
  });

  it('goes on where the submit is refused for want of room, and remembers who took it', async () => {
    for (const reason of FULL) {
      await using folder = await temporaryFolder();
      await using cells = await answeringCells(folder.path, { eu: refusing(reason), us: taking('not_found') });
      const { run, place } = await deploy(folder.path);
      place.client[Symbol.dispose]();
      assert.deepEqual([run.state, place.target.cell, skipped], ['running', 'us', ['eu']], reason);
      assert.deepEqual(submits(cells.asked), ['eu POST /api/v1/runs', 'us POST /api/v1/runs'], reason);
      assert.deepEqual((await readUsedCells(folder.path)).last, { aws: 'us' });
    }
  });

  it('stays where the run is under way, whatever its cell answers later', async () => {
    for (const reason of FULL) {
      await using folder = await temporaryFolder();
      await using cells = await answeringCells(folder.path, { eu: taking(reason), us: taking('not_found') });
      const { run, place } = await deploy(folder.path);
      assert.equal(place.target.cell, 'eu');
      await assert.rejects(followSubmitted(place.client, run, { signal, onLog: () => {} }), { code: reason });
      place.client[Symbol.dispose]();
      assert.deepEqual(submits(cells.asked), ['eu POST /api/v1/runs'], reason);
      assert.deepEqual([skipped, (await readUsedCells(folder.path)).last], [[], { aws: 'eu' }]);
    }
  });

  it('ends with another refusal, with that of a named cell, and where the answer is lost', async () => {
    await using folder = await temporaryFolder();
    await using cells = await answeringCells(folder.path, { eu: refusing('module_suspect'), us: taking('not_found') });
    await assert.rejects(deploy(folder.path), { code: 'module_suspect' });
    assert.deepEqual([submits(cells.asked), skipped], [['eu POST /api/v1/runs'], []]);

    await using full = await temporaryFolder();
    await using named = await answeringCells(full.path, { eu: refusing('shutting_down'), us: taking('not_found') });
    await assert.rejects(deploy(full.path, 'eu'), { code: 'shutting_down' });
    assert.deepEqual([submits(named.asked), skipped], [['eu POST /api/v1/runs'], []]);

    await using lost = await temporaryFolder();
    const breaking: CellAnswer = (request) => void request.socket.destroy();
    await using broken = await answeringCells(lost.path, { eu: breaking, us: taking('not_found') });
    await assert.rejects(deploy(lost.path), { code: 'scheduler_unreachable' });
    assert.equal(submits(broken.asked).filter((one) => one.startsWith('us')).length, 0);
    assert.deepEqual(skipped, []);
  });

  it('has the refusal of the last cell where none has room', async () => {
    await using folder = await temporaryFolder();
    const cells = { eu: refusing('quota_burst_exceeded'), us: refusing('storage_unavailable') };
    await using _cells = await answeringCells(folder.path, cells);
    await assert.rejects(deploy(folder.path), { code: 'storage_unavailable' });
    assert.deepEqual(skipped, ['eu', 'us']);
    assert.deepEqual((await readUsedCells(folder.path)).last, {});
  });
});
