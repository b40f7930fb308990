import assert from 'node:assert/strict';
import type { FuelProfile } from '../../../../daemons/wire/fuelProfile.ts';
import type { SourceLine } from '../../../../toolchain/profile/codePlaces.ts';
import { libraryFuel } from '../../../../toolchain/profile/libraryFuel.ts';

const OWN = 'tasklets/a.ts';
const LIBRARY = '~lib/array.ts';

/**
 * Functions below 10 are the program's, others a library's; each offset is a line, odd ones of 0 to
 * 9 hold inlined library code.
 */
const lineOf = (index: number, at: number): SourceLine => ({
  file: index < 10 && at % 2 === 0 ? OWN : LIBRARY,
  line: 100 * index + at,
  column: 1,
});
const ownLineOf = (index: number, at: number): SourceLine | null =>
  index < 10 ? { file: OWN, line: 100 * index + (at - (at % 2)), column: 1 } : null;

interface Row {
  title: string;
  places?: FuelProfile['places'];
  calls: FuelProfile['calls'];
  /** Fuel of libraries by line of the program. */
  lines: Record<number, number>;
  /** The same by function of a library. */
  functions?: Record<number, Record<number, number>>;
}

const ROWS: Row[] = [
  {
    title: 'a call, and what the library calls itself',
    calls: [
      [1, -1, 5, 1, -1],
      [20, 0, 30, 1, 4],
      [21, 1, 40, 2, 7],
    ],
    lines: { 104: 70 },
    functions: { 20: { 104: 30 }, 21: { 104: 40 } },
  },
  {
    title: 'one function of a library from two lines',
    calls: [
      [1, -1, 5, 1, -1],
      [20, 0, 30, 1, 4],
      [20, 0, 10, 1, 8],
    ],
    lines: { 104: 30, 108: 10 },
    functions: { 20: { 104: 30, 108: 10 } },
  },
  {
    title: 'inlined code, for the line before it',
    places: [
      [1, 4, 2],
      [1, 5, 9],
      [1, 7, 1],
    ],
    calls: [[1, -1, 12, 1, -1]],
    lines: { 104: 9, 106: 1 },
  },
  {
    title: 'a call from inlined code',
    calls: [
      [1, -1, 5, 1, -1],
      [20, 0, 30, 1, 5],
    ],
    lines: { 104: 30 },
    functions: { 20: { 104: 30 } },
  },
  {
    title: 'a function of the program that a library calls back',
    calls: [
      [1, -1, 5, 1, -1],
      [20, 0, 30, 1, 4],
      [2, 1, 60, 9, 3],
      [21, 2, 7, 9, 6],
    ],
    lines: { 104: 30, 206: 7 },
    functions: { 20: { 104: 30 }, 21: { 206: 7 } },
  },
  {
    title: 'a library before the program begins',
    calls: [
      [20, -1, 30, 1, -1],
      [21, 0, 4, 1, 3],
      [1, 0, 5, 1, 8],
      [21, 2, 6, 1, 2],
    ],
    lines: { 102: 6 },
    functions: { 21: { 102: 6 } },
  },
  { title: 'a run that never began', calls: [], lines: {} },
];

const counted = ({ places = [], calls }: Row): FuelProfile => ({
  state: 'succeeded',
  error: null,
  fuel_used: 0,
  output_sha256: '',
  places,
  calls,
});

describe('fuel of libraries by the line of the program that called them', () => {
  const numbers = (found: Map<string, number>) =>
    Object.fromEntries([...found].map(([key, fuel]) => [Number(key.slice(OWN.length + 1)), fuel]));

  for (const row of ROWS) {
    it(row.title, () => {
      const { ofLines, ofFunctions } = libraryFuel(counted(row), { lineOf, ownLineOf });
      assert.deepEqual(numbers(ofLines), row.lines);
      const functions = [...ofFunctions].map(([index, lines]) => [
        index,
        numbers(new Map([...lines].map(([key, { fuel }]) => [key, fuel]))),
      ]);
      assert.deepEqual(Object.fromEntries(functions), row.functions ?? {});
    });
  }

  it('is nothing without a source map', () => {
    for (const row of ROWS) {
      const { ofLines, ofFunctions } = libraryFuel(counted(row), { lineOf: () => null, ownLineOf: () => null });
      assert.deepEqual([ofLines.size, ofFunctions.size], [0, 0]);
    }
  });
});
