import assert from 'node:assert/strict';
import { summarizeRun } from '../../../../daemons/wire/helperApi.ts';
import { RUN } from '../../../helpers/goodAnswers.ts';

describe('the summary of a run', () => {
  it('has the costs and the error of its response, and the size of the output without its bytes', () => {
    const summary = summarizeRun(RUN);
    assert.deepEqual(
      [summary.fuel_used, summary.linear_memory_peak, summary.duration_us, summary.output_bytes],
      [1, 2, 3, 7],
    );
    assert.deepEqual(summary.error, RUN.response?.error);
    assert.equal('output' in summary || 'response' in summary, false);
    assert.equal(JSON.stringify(summary).includes('"a":1'), false);
  });

  it('has nulls where the run did not end', () => {
    const { error, fuel_used, duration_us, linear_memory_peak, output_bytes, state } = summarizeRun({
      ...RUN,
      state: 'running',
      ended_at: null,
      response: null,
    });
    assert.deepEqual([error, fuel_used, duration_us, linear_memory_peak, output_bytes], [null, null, null, null, null]);
    assert.equal(state, 'running');
  });

  it('tells costs of zero from none, and the success from a failure', () => {
    assert.ok(RUN.response);
    const response = {
      ...RUN.response,
      error: null,
      fuel_used: 0,
      output_bytes: 0,
      duration_us: 0,
      linear_memory_peak: 0,
    };
    const summary = summarizeRun({ ...RUN, state: 'succeeded', response });
    assert.deepEqual(
      [summary.error, summary.fuel_used, summary.output_bytes, summary.duration_us, summary.linear_memory_peak],
      [null, 0, 0, 0, 0],
    );
  });

  it('does not bring along what a newer scheduler adds', () => {
    const { run_id, ...more } = RUN;
    const summary = summarizeRun({ ...more, run_id, secret: 'x' } as typeof RUN);
    assert.equal(JSON.stringify(summary).includes('secret'), false);
  });
});
