import assert from 'node:assert/strict';
import type { RunErrorCode } from '../../../../daemons/wire/runError.ts';
import { framePlaces } from '../../../../toolchain/places/framePlaces.ts';
import { placeText } from '../../../../toolchain/places/placeText.ts';
import type { CodePlaces, SourceLine } from '../../../../toolchain/profile/codePlaces.ts';

const OWN = 'a.ts';
const LIBRARY = '~lib/x.ts';
const TEXT = [
  'function help(n: i32): i32 {',
  '  return 1 / n;',
  '}',
  'export function compute(input: string): string {',
  '  let n = help(1);',
  '  while (true) {',
  '    n += grow(n);',
  '  }',
  '}',
];
const at = (line: number, file = OWN): SourceLine => ({ file, line, column: 3 });

/** Function 1 is the program's, with `help` inlined into it, and function 2 is a library's. */
const PLACES = {
  lineOf: (index: number, offset: number) => (index === 1 ? at(offset) : index === 2 ? at(1, LIBRARY) : null),
  nearLineOf: (index: number) => (index === 1 ? at(7) : null),
  linesOf: (file: string) => (file === OWN ? TEXT : file === LIBRARY ? ['function grow(n: i32): i32 {'] : undefined),
  loopOf: (_: number, offset: number) => (offset >= 6 ? at(6) : null),
  wholeOf: (index: number) => (index === 1 ? at(5) : null),
  ownLinesIn: (index: number) => (index === 1 ? [at(5), at(2)] : []),
  ownNameOf: (index: number) => (index === 3 ? 'named' : undefined),
} as unknown as CodePlaces;

const places = (code: RunErrorCode, ...frames: Array<[index: number, offset: number]>) =>
  framePlaces(
    frames.map(([index, offset]) => ({ function: index, offset })),
    PLACES,
    (file) => file,
    code,
  ).map(placeText);

describe('the places of a run’s frames', () => {
  it('are their lines, the innermost first', () => {
    assert.deepEqual(places('trap_unreachable', [2, 9], [1, 7]), ['~lib/x.ts:1:3 in grow', 'a.ts:7:3 in compute']);
  });

  it('are the loop where fuel ended in one, and the line itself elsewhere', () => {
    assert.deepEqual(places('fuel_exhausted', [1, 7]), ['a.ts:6:3 in compute']);
    assert.deepEqual(places('fuel_exhausted', [1, 5]), ['a.ts:5:3 in compute']);
    assert.deepEqual(places('trap_unreachable', [1, 7]), ['a.ts:7:3 in compute']);
    // The caller’s line is that of the call.
    assert.deepEqual(places('fuel_exhausted', [2, 9], [1, 7]).at(-1), 'a.ts:7:3 in compute');
  });

  it('are the head of the function where no more is known, and no line that may be wrong', () => {
    for (const code of ['fuel_exhausted', 'tasklet_failed'] as const)
      assert.deepEqual(places(code, [1, 0]), ['in compute, which begins at a.ts:4:1']);
    assert.deepEqual(places('fuel_exhausted', [2, 0]), []);
    assert.deepEqual(places('fuel_exhausted', [3, 0]), ['named']);
  });

  it('are the first line of a function that was called too deep', () => {
    assert.deepEqual(places('trap_call_stack_exhausted', [1, 0]), ['a.ts:5:3 in compute']);
  });
});
