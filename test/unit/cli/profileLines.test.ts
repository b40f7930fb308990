import assert from 'node:assert/strict';
import { join } from 'node:path';
import { profileLines } from '../../../cli/profileLines.ts';
import type { RunProfile } from '../../../toolchain/profile/profileRun.ts';

type Function = RunProfile['functions'][number];
type Line = RunProfile['lines'][number];

const fn = (name: string, fuel: number, more: Partial<Function> = {}): Function => ({
  index: 0,
  name,
  fuel,
  total: fuel,
  calls: 1,
  for: [],
  for_run: 0,
  ...more,
});
const line = (file: string | null, at: number, fuel: number, more: Partial<Line> = {}): Line => ({
  file,
  line: at,
  fuel,
  total: fuel,
  library: 0,
  ...more,
});
const show = (
  functions: Function[],
  lines: Line[],
  rows = 10,
  fuel_used = 100,
  lines_left_out: RunProfile['lines_left_out'] = null,
) =>
  profileLines(
    {
      fuel_used,
      functions,
      lines,
      lines_left_out,
      flame_graph: join('/work', 'p', 'x.json'),
      unwritten: null,
    } as RunProfile,
    rows,
    join('/work'),
    (_, text) => text,
  ).map((one) => one.trimEnd());

describe('a profile for people', () => {
  it('has functions with their share, and the line that called a library', () => {
    const text = show(
      [
        fn('~lib/array/push', 60, {
          calls: 1234,
          for: [
            { file: 'a.ts', line: 3, fuel: 40 },
            { file: 'a.ts', line: 9, fuel: 20 },
          ],
        }),
        fn('compute', 40, { total: 100, for: [] }),
      ],
      [line('tasklets/a.ts', 3, 30, { total: 70, library: 40 })],
    ).join('\n');
    assert.match(text, /60 +60 +60\.0 % +1.234 +~lib\/array\/push +a\.ts:3 and 1 more/);
    assert.match(text, /40 +100 +100\.0 % +1 +compute$/m);
    assert.match(text, /30 +40 +70 +70\.0 % +tasklets\/a\.ts:3/);
    assert.match(text, /flame graph {2}p.x\.json/);
  });

  it('has lines of the program by what they cost with their libraries, and libraries apart', () => {
    const text = show(
      [fn('f', 1)],
      [
        line('tasklets/a.ts', 1, 50),
        line('tasklets/a.ts', 2, 1, { library: 80 }),
        line('~lib/string.ts', 7, 30),
        line('~lib/string.ts', 8, 0),
        line(null, 0, 5),
      ],
    );
    const at = (part: string) => text.findIndex((one) => one.includes(part));
    assert.ok(at('a.ts:2') < at('a.ts:1') && at('a.ts:1') < at('string.ts:7'));
    assert.equal(at('string.ts:8'), -1);
    assert.equal(text.join('\n').includes('null'), false);
  });

  it('names the caller with the most, which may be the run that reads its input', () => {
    const lines = [
      { file: 'a.ts', line: 3, fuel: 4 },
      { file: 'a.ts', line: 9, fuel: 2 },
    ];
    const own = [line('tasklets/a.ts', 3, 30)];
    const text = (for_run: number) => show([fn('decode', 60, { for: lines, for_run })], own).join('\n');
    assert.match(text(54), /decode +input and output and 2 more$/m);
    assert.match(text(3), /decode +a\.ts:3 and 2 more$/m);
    assert.match(text(0), /decode +a\.ts:3 and 1 more$/m);
    assert.match(show([fn('decode', 60, { for_run: 60 })], own).join('\n'), /decode +input and output$/m);
  });

  it('names the functions of libraries that a line called most', () => {
    const of = (name: string, fuel: number) => fn(name, fuel, { for: [{ file: 'a.ts', line: 1, fuel }] });
    const text = show([of('small', 1), of('large', 50), of('middle', 20)], [line('a.ts', 1, 5, { library: 71 })]).join(
      '\n',
    );
    assert.match(text, /a\.ts:1 +large, middle$/m);
  });

  it('has at most the given number of rows of each table, and a table only where it has rows', () => {
    const many = Array.from({ length: 20 }, (_, at) => fn(`function${at}`, 1));
    const text = show(many, [], 3);
    assert.equal(text.filter((one) => one.includes('function') && /\d/.test(one)).length, 3);
    assert.equal(text.join('\n').includes('called most'), false);
    assert.equal(text.join('\n').includes('line of a library'), false);
  });

  it('says why no lines are known, where there is a reason, and nothing of it else', () => {
    const reason = { code: 'source_map_too_large', message: 'The source map is large.', next: 'Divide it.' } as const;
    const text = show([fn('f', 1)], [line(null, 0, 1)], 10, 1, reason).join('\n');
    assert.match(text, /\n\nno lines: The source map is large\. \[source_map_too_large\]\n {2}next: Divide it\.\n/);
    assert.doesNotMatch(show([fn('f', 1)], [line(null, 0, 1)]).join('\n'), /no lines/);
  });

  it('has no share of nothing', () => {
    assert.match(show([fn('f', 0)], [], 10, 0).join('\n'), /0\.0 %/);
  });
});
