import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFigures } from '../../bench/performancePage.ts';
import { SECTIONS, type SectionName } from '../../bench/sections.ts';

const root = join(import.meta.dirname, '..', '..');

/** Facts that every measured part has, and the form of each. */
const FACTS: Record<string, RegExp> = {
  command: /^`npm run bench -- \w+( --quick)?( --no-peers)?`$/,
  machine: /^.+, \d+ processors, \d+ GiB, \w+ \w+$/,
  load: /^\d+\.\d on \d+ processors before the start: (quiet|loaded, .+)$/,
  node: /^v\d+\.\d+\.\d+$/,
  commit: /^[0-9a-f]{8,}(, and changes)?$/,
  date: /^\d{4}-\d\d-\d\d$/,
};

/** The faults of the page, which do not depend on the machine that looks. */
function pageFaults(page: string): string[] {
  const faults: string[] = [];
  const outside = page.replaceAll(
    /^<!-- bench (\w+):[^\n]*-->\n([\s\S]*?)^<!-- end of bench \1 -->\n/gm,
    (_, name, body) => {
      if (!Object.hasOwn(SECTIONS, name)) faults.push(`${name}: the bench has no such part`);
      else if (!body.includes(`\n## ${SECTIONS[name as SectionName].title}\n`))
        faults.push(`${name}: has another title`);
      for (const [fact, form] of Object.entries(FACTS)) {
        const value = new RegExp(`^\\| ${fact} \\| (.*) \\|$`, 'm').exec(body)?.[1] ?? '';
        if (!form.test(value)) faults.push(`${name}: ${fact} is "${value}"`);
      }
      if (!/^```text\n[\s\S]*\d[\s\S]*^```$/m.test(body)) faults.push(`${name}: has no figures`);
      return '';
    },
  );
  if (/<!-- (end of )?bench/.test(outside)) faults.push('a marker has no other');
  if (/\d (ms|s|MiB|MB\/s)\b/.test(outside)) faults.push('a figure is outside of the markers');
  return faults;
}

describe('docs/internals/performance.md', () => {
  const page = readFileSync(join(root, 'docs/internals/performance.md'), 'utf8');

  it('has figures of the bench alone, each with its conditions', () => assert.deepEqual(pageFaults(page), []));

  const given = {
    command: 'npm run bench -- runtime',
    machine: 'a processor, 2 processors, 4 GiB, linux x64',
    load: '0.1 on 2 processors before the start: quiet',
    node: 'v24.0.0',
    commit: '0123abcd',
    date: '2026-01-02',
  };
  const good = withFigures('# Performance\n', 'runtime', given, ['hello  1 ms']);
  const rows: Array<[string, string, string[]]> = [
    ['nothing in a page as the bench writes it', good, []],
    ['a part without a date', good.replace('2026-01-02', 'today'), ['runtime: date is "today"']],
    ['a part without figures', good.replace('hello  1 ms', 'soon'), ['runtime: has no figures']],
    [
      'a part that the bench lacks',
      good.replaceAll('bench runtime', 'bench disk'),
      ['disk: the bench has no such part'],
    ],
    [
      'a lost marker',
      good.replace('<!-- end of bench runtime -->\n', ''),
      ['a marker has no other', 'a figure is outside of the markers'],
    ],
    ['a figure by hand', `${good}\nA run takes 3 ms.\n`, ['a figure is outside of the markers']],
  ];
  for (const [name, text, faults] of rows) it(`${name} is found`, () => assert.deepEqual(pageFaults(text), faults));
});
