import assert from 'node:assert/strict';
import type { Place } from '../../../../daemons/wire/place.ts';
import { placeShown } from '../../../../extension/panel/placeShown.ts';

const PLACE: Place = { function: 'compute', file: 'a.ts', line: 3, column: 1, own: true, excerpt: 'x' };

describe('a place in the Run panel', () => {
  it('has its line, and a function’s head is said to be one', () => {
    assert.deepEqual(placeShown(PLACE), [{ file: 'a.ts', line: 3, column: 1, name: 'compute', excerpt: 'x' }]);
    assert.equal(placeShown({ ...PLACE, begins: true })[0]?.name, 'compute (begins here)');
  });

  it('is a name alone where no line is known, and nothing without a name', () => {
    const unknown = { ...PLACE, line: null };
    assert.deepEqual(placeShown(unknown), [{ file: '', line: 0, column: 0, name: 'compute', excerpt: '' }]);
    assert.deepEqual(placeShown({ ...unknown, function: null }), []);
  });
});
