import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FuelProfile } from '../../../../daemons/wire/fuelProfile.ts';
import type { CodePlaces, SourceLine } from '../../../../toolchain/profile/codePlaces.ts';
import { fuelOfRun } from '../../../../toolchain/profile/fuelOfRun.ts';

const OWN = '../tasklets/a.ts';
const LIBRARY = '~lib/array.ts';
/** Functions below 10 are the program's; offset 99 has no line. */
const lineOf = (index: number, at: number): SourceLine | null =>
  at === 99 ? null : { file: index < 10 ? OWN : LIBRARY, line: 100 * index + at, column: 1 };
const PLACES = {
  nameOf: (index: number) => `f${index}`,
  lineOf,
  ownLineOf: (index: number, at: number) => (index < 10 ? lineOf(index, at) : null),
} as CodePlaces;

const fuelOf = (places: FuelProfile['places'], calls: FuelProfile['calls']) => {
  const fuel_used = places.reduce((sum, [, , fuel]) => sum + fuel, 0);
  return fuelOfRun({ fuel_used, places, calls } as FuelProfile, PLACES, (file) => file.replace('../', ''));
};

describe('the fuel of a run by its code', () => {
  const { functions, lines, calls } = fuelOf(
    [
      [1, 4, 10],
      [1, 6, 5],
      [2, 3, 20],
      [20, 7, 40],
      [20, 99, 1],
    ],
    [
      [1, -1, 15, 1, -1],
      [2, 0, 20, 2, 4],
      [20, 1, 41, 3, 3],
    ],
  );

  it('is that of each function, the most own fuel first, with all that it called', () => {
    assert.deepEqual(
      functions.map(({ name, fuel, total, calls: count }) => [name, fuel, total, count]),
      [
        ['f20', 41, 41, 3],
        ['f2', 20, 61, 2],
        ['f1', 15, 76, 1],
      ],
    );
  });

  it('says for which line of the program a library ran', () => {
    assert.deepEqual(functions[0]?.for, [{ file: 'tasklets/a.ts', line: 203, fuel: 41 }]);
    assert.deepEqual([functions[1]?.for, functions[2]?.for], [[], []]);
  });

  it('says what of a library ran for the run itself', () => {
    assert.deepEqual(
      functions.map(({ for_run }) => for_run),
      [0, 0, 0],
    );
    const before = fuelOf(
      [
        [21, 3, 7],
        [20, 7, 40],
        [1, 4, 10],
      ],
      [
        [21, -1, 7, 1, -1],
        [20, 0, 30, 1, 3],
        [1, 0, 10, 1, 5],
        [20, 2, 10, 1, 4],
      ],
    ).functions;
    assert.deepEqual(
      before.map(({ name, for_run }) => [name, for_run]),
      [
        ['f20', 30],
        ['f1', 0],
        ['f21', 7],
      ],
    );
    // Without lines of the program nothing is known.
    assert.equal(fuelOf([[20, 7, 40]], [[20, -1, 40, 1, -1]]).functions[0]?.for_run, 0);
  });

  it('is that of each line, with the calls of the line and the libraries that ran for it', () => {
    const at = (line: number) => lines.find((one) => one.line === line);
    assert.deepEqual([at(104)?.fuel, at(104)?.total, at(104)?.library], [10, 71, 0]);
    assert.deepEqual([at(106)?.fuel, at(106)?.total], [5, 5]);
    assert.deepEqual([at(203)?.fuel, at(203)?.total, at(203)?.library], [20, 61, 41]);
    assert.deepEqual([at(2007)?.file, at(2007)?.fuel], [LIBRARY, 40]);
  });

  it('has what no line is known of under no file', () => {
    assert.deepEqual(
      lines.filter(({ file }) => file === null).map(({ fuel }) => fuel),
      [1],
    );
  });

  it('has the path of calls, callers first', () => {
    assert.ok(calls.length >= 3);
    for (const [at, { parent }] of calls.entries()) assert.ok(parent < at);
  });

  it('is nothing of nothing', () => {
    assert.deepEqual(fuelOf([], []).functions, []);
    assert.deepEqual(fuelOf([], []).lines, []);
  });

  it('adds up to that of the run, by functions and by lines, and no total is more', () => {
    const place = fc.tuple(
      fc.integer({ min: 1, max: 25 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 1000 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(place, { maxLength: 20, selector: ([index, at]) => `${index} ${at}` }), (places) => {
        const used = places.reduce((sum, [, , fuel]) => sum + fuel, 0);
        const byFunction = new Map<number, number>();
        for (const [index, , fuel] of places) byFunction.set(index, (byFunction.get(index) ?? 0) + fuel);
        const made = [...byFunction].map(([index, fuel], at): [number, number, number, number, number] => [
          index,
          at - 1,
          fuel,
          1,
          at === 0 ? -1 : 3,
        ]);
        const found = fuelOf(places, made);
        assert.equal(
          found.functions.reduce((sum, { fuel }) => sum + fuel, 0),
          used,
        );
        assert.equal(
          found.lines.reduce((sum, { fuel }) => sum + fuel, 0),
          used,
        );
        for (const { total } of [...found.functions, ...found.lines]) assert.ok(total <= used);
      }),
      { numRuns: 100 },
    );
  });
});
