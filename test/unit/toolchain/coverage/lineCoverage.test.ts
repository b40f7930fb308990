import assert from 'node:assert/strict';
import { isProgramFile } from '../../../../toolchain/coverage/isProgramFile.ts';
import { lcovText } from '../../../../toolchain/coverage/lcovText.ts';
import { joinCoverage, lineCoverage } from '../../../../toolchain/coverage/lineCoverage.ts';
import type { CodePlaces, SourceLine } from '../../../../toolchain/profile/codePlaces.ts';

const at = (file: string, line: number): SourceLine => ({ file, line, column: 1 });

/** Code whose instruction at offset `10 * n` is on line `n` of `a.ts`; odd ones are a library's. */
const places: Pick<CodePlaces, 'ownLines' | 'lineOf'> = {
  ownLines: () => [at('../a.ts', 3), at('../a.ts', 1), at('../../b.ts', 9)],
  lineOf: (_index, offset) =>
    offset % 2 === 1 ? at('~lib/array.ts', 1) : offset === 0 ? null : at('../a.ts', offset / 10),
};
const pathOf = (file: string) => file.replace('../', '');

describe('the coverage of lines', () => {
  it('has each line that has code with its count, the lines in their order', () => {
    const counted = {
      places: [
        [0, 0, 5],
        [0, 10, 7],
        [1, 10, 2],
        [0, 11, 100],
      ] as Array<[number, number, number]>,
    };
    assert.deepEqual(lineCoverage([counted, counted], places, pathOf), [
      {
        file: 'a.ts',
        lines: [
          { line: 1, count: 14 },
          { line: 3, count: 0 },
        ],
      },
    ]);
  });

  it('has no count for a line of which no code is left', () => {
    const counted = { places: [[0, 20, 4]] as Array<[number, number, number]> };
    const [file] = lineCoverage([counted], places, pathOf);
    assert.deepEqual(
      file?.lines.map(({ line }) => line),
      [1, 3],
    );
  });

  it('has no run, and then no executed line', () => {
    const [file] = lineCoverage([], places, pathOf);
    assert.deepEqual(
      file?.lines.map(({ count }) => count),
      [0, 0],
    );
  });

  it('adds up the modules that share a file', () => {
    const one = { file: 'a.ts', lines: [{ line: 2, count: 1 }] };
    const other = {
      file: 'a.ts',
      lines: [
        { line: 1, count: 0 },
        { line: 2, count: 4 },
      ],
    };
    assert.deepEqual(joinCoverage([one, other, { file: '0.ts', lines: [] }]), [
      { file: '0.ts', lines: [] },
      {
        file: 'a.ts',
        lines: [
          { line: 1, count: 0 },
          { line: 2, count: 5 },
        ],
      },
    ]);
  });

  for (const [path, expected] of [
    ['tasklets/a.ts', true],
    ['src/~a.ts', true],
    ['~lib/array.ts', false],
    ['../a.ts', false],
    ['/etc/passwd', false],
    ['C:\\a.ts', false],
    ['node_modules/x/a.ts', false],
    ['a/node_modules/x/a.ts', false],
  ] as const) {
    it(`${expected ? 'counts' : 'leaves out'} ${path}`, () => assert.equal(isProgramFile(path), expected));
  }

  it('is written as lcov, one record for each file', () => {
    const files = [
      {
        file: 'tasklets/a.ts\nSF:evil',
        lines: [
          { line: 1, count: 2 },
          { line: 3, count: 0 },
        ],
      },
    ];
    assert.equal(lcovText(files), 'TN:\nSF:tasklets/a.ts SF:evil\nDA:1,2\nDA:3,0\nLF:2\nLH:1\nend_of_record\n');
    assert.equal(lcovText([]), '');
  });
});
