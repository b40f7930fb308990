import assert from 'node:assert/strict';
import { type Conditions, conditions, withFigures } from '../../../bench/performancePage.ts';

const GIVEN: Conditions = {
  command: 'npm run bench -- runtime --quick',
  machine: 'a processor, 2 processors, 4 GiB, linux x64',
  load: '0.1 on 2 processors before the start: quiet',
  node: 'v24.0.0',
  commit: '0123abcd',
  date: '2026-01-02',
};
const HEAD = '# Performance\n\nProse that stays.\n';
const begins = (page: string) => [...page.matchAll(/^<!-- bench (\w+):/gm)].map(([, name]) => name);

describe('the page of the figures', () => {
  it('gets a section with its conditions and the printed table', () => {
    const page = withFigures(HEAD, 'runtime', GIVEN, ['hello  1 ms', '']);
    assert.equal(
      page,
      `${HEAD}
<!-- bench runtime: written by \`npm run bench -- runtime --write\` -->

## The tasklet runtime

A hello run in a worker of the cell, without network, store and scheduler.

| | |
|---|---|
| command | \`npm run bench -- runtime --quick\` |
| machine | a processor, 2 processors, 4 GiB, linux x64 |
| load | 0.1 on 2 processors before the start: quiet |
| node | v24.0.0 |
| commit | 0123abcd |
| date | 2026-01-02 |

\`\`\`text
hello  1 ms
\`\`\`

<!-- end of bench runtime -->
`,
    );
  });

  it('takes new figures in the place of those before', () => {
    const before = withFigures(`${HEAD}`, 'runtime', GIVEN, ['1 ms']);
    const both = withFigures(before, 'hostile', GIVEN, ['3 ms']);
    const after = withFigures(both, 'runtime', { ...GIVEN, date: '2026-01-03' }, ['2 ms']);
    assert.equal(after, both.replace('1 ms', '2 ms').replace('2026-01-02', '2026-01-03'));
    assert.equal(withFigures(after, 'runtime', { ...GIVEN, date: '2026-01-03' }, ['2 ms']), after);
  });

  it('keeps the order of the sections, whichever is measured first', () => {
    let page = HEAD;
    for (const name of ['hostile', 'runtime', 'loop', 'meter', 'editor'] as const)
      page = withFigures(page, name, GIVEN, [name]);
    assert.deepEqual(begins(page), ['loop', 'editor', 'runtime', 'meter', 'hostile']);
    assert.ok(page.startsWith(HEAD));
  });

  it('names the commit, the day and the load of this machine', () => {
    const { command, commit, date, load, node } = conditions('meter', ['--quick']);
    assert.equal(command, 'npm run bench -- meter --quick');
    assert.match(commit, /^[0-9a-f]{8,}(, and changes)?$/);
    assert.match(date, /^\d{4}-\d\d-\d\d$/);
    assert.match(load, /^\d+\.\d on \d+ processors before the start: (quiet|loaded)/);
    assert.equal(node, process.version);
  });
});
