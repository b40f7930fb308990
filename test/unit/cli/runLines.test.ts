import assert from 'node:assert/strict';
import { adviceLines, errorText, placeLines, runExitCode, stateText } from '../../../cli/runLines.ts';
import type { Place } from '../../../daemons/wire/place.ts';
import type { RunResponse } from '../../../daemons/wire/tenantApi.ts';

const plain = (_style: string, text: string) => text;
const place = (line: number, more: Partial<Place> = {}): Place => ({
  ...{ function: 'f', file: 'tasklets/a.ts', line, column: 2, own: true, excerpt: null },
  ...more,
});
const NOTHING: Place = { function: null, file: null, line: null, column: null, own: false, excerpt: null };
const LEFT_OUT = { code: 'source_map_too_large', message: 'The map is large.', next: 'Divide it.' } as const;

describe('where a run failed, as lines', () => {
  it('is nothing without a place', () => assert.deepEqual(placeLines([], plain), []));

  it('is the first place with its text, and the calls before it', () => {
    const places = [
      place(3, { excerpt: 'unreachable();' }),
      place(7, { excerpt: 'f();' }),
      place(9, { file: '~lib/array.ts', own: false }),
    ];
    assert.deepEqual(placeLines(places, plain), [
      '  at        tasklets/a.ts:3:2 in f',
      '            unreachable();',
      '            from tasklets/a.ts:7:2 in f',
      '            in ~lib/array.ts:9:2 in f',
    ]);
  });

  it('is eight calls at most, and the number of the others', () => {
    const most = Array.from({ length: 9 }, (_, line) => place(line + 1));
    assert.equal(placeLines(most, plain).length, 9);
    const lines = placeLines([...most, place(10), place(11)], plain);
    assert.deepEqual([lines.length, lines.at(-1)], [10, '            and 2 more (--json)']);
  });

  it('is the reason where no line is known, alone or after the functions that are', () => {
    const reason = { ...NOTHING, left_out: LEFT_OUT };
    assert.deepEqual(placeLines([reason], plain), ['  at        The map is large. [source_map_too_large]']);
    assert.deepEqual(placeLines([{ ...NOTHING, function: 'run' }, reason], plain), [
      '  at        run',
      '            The map is large. [source_map_too_large]',
    ]);
  });
});

describe('the end of a run, as words', () => {
  const failed = (error: object | null) => ({ error }) as RunResponse;

  for (const [what, error, text] of [
    ['none', null, ''],
    ['a trap', { code: 'trap_unreachable' }, 'trap_unreachable'],
    ['a failure with a label', { code: 'tasklet_failed', label: 'no_name', exit_code: 3 }, 'no_name'],
    ['a failure with a code', { code: 'tasklet_failed', exit_code: 3 }, 'tasklet_failed (code 3)'],
    ['a failure with neither', { code: 'tasklet_failed' }, 'tasklet_failed (code ?)'],
  ] as const)
    it(`names its error: ${what}`, () => assert.equal(errorText(failed(error)), text));

  for (const [state, style, code] of [
    ['succeeded', 'green', 0],
    ['failed', 'red', 1],
    ['cancelled', 'yellow', 1],
    ['running', 'yellow', 0],
  ] as const)
    it(`has a colour and an exit code: ${state}`, () => {
      assert.equal(
        stateText(state, (used, text) => `${used} ${text}`),
        `${style} ${state}`,
      );
      assert.equal(runExitCode({ state } as Parameters<typeof runExitCode>[0]), code);
    });

  it('has advice on fuel where there is some', () => {
    assert.deepEqual(adviceLines(null), []);
    const lines = adviceLines({ used: 1500, budget: 1000, at: null, next: ['one', 'two'] } as never);
    assert.deepEqual(lines.slice(1), ['  next: one', '        two']);
    assert.match(lines[0] ?? '', /^ {2}budget {4}used 1\D?500 of 1\D?000$/);
  });
});
