import assert from 'node:assert/strict';
import { BOARD_RUNS, runBoard } from '../../../../daemons/helper/runBoard.ts';
import type { Run, RunState } from '../../../../daemons/wire/tenantApi.ts';

function run(at: number, state: RunState = 'placed'): Run {
  const created_at = new Date(at).toISOString();
  const isEnded = !['admitted', 'placed', 'running'].includes(state);
  return {
    run_id: `run-${at}`,
    tenant: 't',
    program: 'p',
    tasklet: 'a',
    version: '1',
    provider: 'local',
    cell_id: 'c',
    module_sha256: '',
    state,
    created_at,
    ended_at: isEnded ? created_at : null,
    response: null,
    lease_id: null,
  };
}

describe('runBoard', () => {
  it('never goes back, whatever comes late', () => {
    const board = runBoard();
    for (const [state, isTold] of [
      ['placed', true],
      ['running', true],
      ['placed', false],
      ['succeeded', true],
      ['running', false],
      ['failed', true],
    ] as const) {
      assert.equal(board.put(run(1, state)) !== null, isTold, state);
    }
    assert.deepEqual(
      board.all().runs.map(({ state }) => state),
      ['failed'],
    );
  });

  it('keeps the newest, newest first, and what a list says instead of all before', () => {
    const board = runBoard();
    board.fill(Array.from({ length: BOARD_RUNS }, (_, at) => run(1_000 - at)));
    assert.equal(board.all().runs[0]?.run_id, 'run-1000');
    board.put(run(2_000));
    board.put(run(1));
    const { runs } = board.all();
    assert.equal(runs.length, BOARD_RUNS);
    assert.equal(runs[0]?.run_id, 'run-2000');
    assert.equal(runs.at(-1)?.run_id, `run-${1_000 - BOARD_RUNS + 2}`);
    board.remove('run-2000');
    assert.equal(board.all().runs[0]?.run_id, 'run-1000');
    board.fill([run(5, 'running')]);
    assert.deepEqual(
      board.all().runs.map(({ run_id }) => run_id),
      ['run-5'],
    );
  });
});
