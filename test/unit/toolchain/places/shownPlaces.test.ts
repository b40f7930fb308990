import assert from 'node:assert/strict';
import type { Place } from '../../../../daemons/wire/place.ts';
import { shownPlaces } from '../../../../toolchain/places/shownPlaces.ts';

const place = (changes: Partial<Place> = {}): Place => ({
  ...{ function: 'f', file: 'tasklets/a.ts', line: 1, column: 2, own: true, excerpt: 'x' },
  ...changes,
});

describe('the places that are shown', () => {
  it('have a mark where their line was cut, and none where it is whole or absent', () => {
    const excerptOf = (excerpt: string | null) => shownPlaces([place({ excerpt })])[0]?.excerpt;
    assert.equal(excerptOf('a'.repeat(160)), 'a'.repeat(160));
    assert.equal(excerptOf('a'.repeat(161)), `${'a'.repeat(160)}…`);
    assert.equal(excerptOf(`${'a'.repeat(159)}😀b`), `${'a'.repeat(159)}…`);
    assert.equal(excerptOf(''), '');
    assert.equal(excerptOf(null), null);
  });

  it('are those of the program first, each once, and 16 at most', () => {
    const library = place({ file: '~lib/array.ts', own: false });
    assert.deepEqual(shownPlaces([library, place(), place(), library]), [place(), library]);
    const many = Array.from({ length: 20 }, (_, index) => place({ line: index + 1 }));
    assert.deepEqual(shownPlaces(many), many.slice(0, 16));
  });
});
