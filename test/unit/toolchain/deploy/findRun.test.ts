import assert from 'node:assert/strict';
import { once } from 'node:events';
import { findRun } from '../../../../toolchain/deploy/findRun.ts';
import { rememberCell } from '../../../../toolchain/deploy/usedCells.ts';
import {
  answeringCells,
  answersAfter,
  type CellAnswer,
  refusalOf,
  UNDER_WAY,
} from '../../../helpers/answeringCells.ts';
import { RUN_ID } from '../../../helpers/goodAnswers.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const having: CellAnswer = (_request, json) => json(200, UNDER_WAY);
const missing: CellAnswer = (_request, json) => json(404, refusalOf('not_found'));
const silent: CellAnswer = () => {};

describe('a run among several cells', () => {
  const find = async (root: string, at: { cell?: string } = {}, signal = new AbortController().signal) => {
    const { client, ...found } = await findRun(root, RUN_ID, { provider: 'aws', ...at }, signal);
    client[Symbol.dispose]();
    return found;
  };

  it('is found while another cell says nothing, whose request is given up then', async () => {
    await using folder = await temporaryFolder();
    const closed = Promise.withResolvers<void>();
    const slow: CellAnswer = (_request, _json, response) => void once(response, 'close').then(() => closed.resolve());
    await using _cells = await answeringCells(folder.path, { eu: slow, us: missing, asia: having });
    const { run, cell } = await find(folder.path);
    assert.deepEqual([run.run_id, cell], [RUN_ID, 'asia']);
    await closed.promise;
  });

  it('is refused where two cells say that they have it, and a name decides', async () => {
    await using folder = await temporaryFolder();
    await using _cells = await answeringCells(folder.path, { eu: having, us: having, asia: silent });
    await assert.rejects(find(folder.path), {
      code: 'cell_needed',
      message: /2 cells .* eu, us\.$/,
      next: /--cell NAME$/,
    });
    await assert.rejects(findRun(folder.path, RUN_ID, {}, new AbortController().signal), { code: 'cell_needed' });
    assert.equal((await find(folder.path, { cell: 'us' })).cell, 'us');
    // The record of the deploy decides as well.
    await rememberCell(folder.path, { run_id: RUN_ID, provider: 'aws', cell: 'eu' });
    assert.equal((await find(folder.path)).cell, 'eu');
  });

  it('is not found where no cell has it, with those that did not answer', async () => {
    await using folder = await temporaryFolder();
    await using _cells = await answeringCells(folder.path, { eu: silent, us: missing });
    await assert.rejects(find(folder.path), {
      code: 'not_found',
      message: /at aws \(us\)/,
      why: /^aws \(eu\): no answer in 5 s$/,
    });
  });

  it('that is given up leaves no connection open, also to a cell that had answered', async () => {
    await using folder = await temporaryFolder();
    const given = new AbortController();
    // The cancel comes once one cell has answered and the other one has not.
    const asked: CellAnswer = () => given.abort();
    await using cells = await answeringCells(folder.path, { eu: having, us: asked });
    answersAfter(cells, 'us', 'eu', '/api/v1/runs/');
    await assert.rejects(find(folder.path, {}, given.signal), { kind: 'interrupted' });
    await Promise.all(Object.values(cells.schedulers).map((one) => one.idle()));
  });
});
