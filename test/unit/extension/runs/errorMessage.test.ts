import assert from 'node:assert/strict';
import type { RunError } from '../../../../daemons/wire/runError.ts';
import { errorMessage } from '../../../../extension/runs/errorMessage.ts';
import { errorWord } from '../../../../extension/runs/errorWord.ts';

describe('the error of a run in the panel', () => {
  for (const [error, word, message] of [
    [{ code: 'cancelled', message: 'cancelled: the tenant asked for it' }, 'cancelled', 'the tenant asked for it'],
    [{ code: 'cancelled', message: 'Cancelled' }, 'cancelled', ''],
    [{ code: 'cancelled', message: 'The run was cancelled.' }, 'cancelled', 'The run was cancelled.'],
    [
      { code: 'tasklet_failed', message: 'The tasklet failed.', label: 'missing_name', exit_code: 1 },
      'missing_name',
      'The tasklet failed.',
    ],
    [{ code: 'tasklet_failed', message: 'x', label: null, exit_code: 7 }, 'tasklet_failed (7)', 'x'],
    [{ code: 'fuel_exhausted', message: 'No fuel.' }, 'fuel_exhausted', 'No fuel.'],
  ] as Array<[RunError, string, string]>) {
    it(`is ${word}, said once: ${message}`, () => {
      assert.equal(errorWord(error), word);
      assert.equal(errorMessage(error), message);
    });
  }
});
