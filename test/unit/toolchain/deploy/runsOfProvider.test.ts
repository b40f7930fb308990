import assert from 'node:assert/strict';
import { runsOfProvider } from '../../../../toolchain/deploy/runsOfProvider.ts';
import { answeringCells, refusalOf, UNDER_WAY } from '../../../helpers/answeringCells.ts';
import { RUN_ID } from '../../../helpers/goodAnswers.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('the runs of several cells', () => {
  const { signal } = new AbortController();

  it('are listed without those of a cell that says nothing or refuses', async () => {
    await using folder = await temporaryFolder();
    await using _cells = await answeringCells(folder.path, {
      eu: () => {},
      us: (_request, json) => json(200, { runs: [UNDER_WAY] }),
      asia: (_request, json) => json(503, refusalOf('storage_unavailable')),
    });
    const { runs, silent } = await runsOfProvider(folder.path, 'aws', 10, signal);
    assert.deepEqual(
      runs.map(({ run_id }) => run_id),
      [RUN_ID],
    );
    assert.deepEqual(Object.fromEntries(silent.map(({ name, error }) => [name, error.code])), {
      eu: 'scheduler_unreachable',
      asia: 'storage_unavailable',
    });
  });

  it('are refused where no cell answers, and where the list is given up', async () => {
    await using folder = await temporaryFolder();
    const given = new AbortController();
    const refusing = refusalOf('storage_unavailable');
    await using cells = await answeringCells(folder.path, {
      eu: (_request, json) => json(503, refusing),
      us: (_request, json) => json(503, refusing),
    });
    await assert.rejects(runsOfProvider(folder.path, 'aws', 10, signal), { code: 'storage_unavailable' });
    assert.equal(cells.asked.length, 2);
    given.abort();
    await assert.rejects(runsOfProvider(folder.path, 'aws', 10, given.signal));
    await assert.rejects(runsOfProvider(folder.path, 'gcp', 10, signal), { code: 'runtime_not_ready' });
  });
});
