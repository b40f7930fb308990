import assert from 'node:assert/strict';
import { cellWorkers, UNSTATED_WORKERS } from '../../../../../daemons/scheduler/fabric/cellWorkers.ts';

describe('the workers that a cell states', () => {
  const stated = { workers_max: 8, short_ms: 5, long_ms: 100 };

  it('are believed', () => assert.deepEqual(cellWorkers(stated), stated));

  it('are the defaults where a cell states none', () => assert.deepEqual(cellWorkers({}), UNSTATED_WORKERS));

  for (const value of [0, -1, 1.5, 1e9, Number.NaN, Number.POSITIVE_INFINITY, '8', null, [], {}]) {
    for (const field of ['workers_max', 'short_ms', 'long_ms'] as const) {
      it(`are the default where ${field} is ${JSON.stringify(value) ?? String(value)}`, () =>
        assert.deepEqual(cellWorkers({ ...stated, [field]: value }), {
          ...stated,
          [field]: UNSTATED_WORKERS[field],
        }));
    }
  }
});
