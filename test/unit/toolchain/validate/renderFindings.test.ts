import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { paintMarked, printedLine } from '../../../../cli/printedLine.ts';
import { type Finding, finding } from '../../../../toolchain/validate/finding.ts';
import { findingsJson } from '../../../../toolchain/validate/findingsJson.ts';
import { renderGithub } from '../../../../toolchain/validate/renderGithub.ts';
import { renderHuman } from '../../../../toolchain/validate/renderHuman.ts';
import { renderSarif } from '../../../../toolchain/validate/renderSarif.ts';

const BASE = resolve('/work space/pröject');
const range = (line: number, from: number, to: number, endLine = line) => ({
  start: { line, character: from },
  end: { line: endLine, character: to },
});
const MANIFEST = join(BASE, 'grafos.toml');
const FINDINGS: Finding[] = [
  finding('GRF1005', MANIFEST, range(1, 0, 4), '[[tasklet]] has no "feul". Did you mean "fuel"?', {
    title: 'Change to "fuel"',
    edits: [{ range: range(1, 0, 4), newText: 'fuel' }],
  }),
  finding('GRF3001', MANIFEST, range(0, 0, 0), 'Not built: 100%,\nreally.'),
  finding('GRF2102', join(BASE, 'tasklets/a b,ü:.ts'), range(2, 4, 1, 3), 'Odd.'),
];
const TEXTS: Record<string, string> = { [MANIFEST]: '[[tasklet]]\nfeul = 1\t# \u001b[31mred\n' };

describe('findings for people', () => {
  it('show the line, the place and what mends it', () => {
    assert.equal(
      renderHuman(FINDINGS, { base: BASE, textOf: (file) => TEXTS[file] ?? null }).join('\n'),
      `error GRF1005 grafos.toml:2:1 Unknown key
  [[tasklet]] has no "feul". Did you mean "fuel"?
  2 | feul = 1 #  [31mred
    | ^^^^
  fix: Change to "fuel"

info GRF3001 grafos.toml Not built yet
  Not built: 100%,
    really.

warning GRF2102 ${join('tasklets', 'a b,ü:.ts')}:3:5 AssemblyScript warning
  Odd.

1 error, 1 warning, 1 info`,
    );
  });

  it('are coloured only when asked, and say so when there are none', () => {
    const ESC = String.fromCharCode(27);
    assert.ok(
      !renderHuman(FINDINGS, { base: BASE, textOf: () => null })
        .join('')
        .includes(ESC),
    );
    const [first] = renderHuman(FINDINGS, { base: BASE, textOf: () => null, paint: paintMarked }).map(printedLine);
    assert.ok(first?.startsWith(`${ESC}[31merror${ESC}[39m`), first);
    assert.deepEqual(renderHuman([], { base: BASE }), ['No findings.']);
  });

  it('show the part of a long line that matters', () => {
    const text = `${'x'.repeat(5000)}bad${'y'.repeat(5000)}`;
    const shown = renderHuman([finding('GRF2101', MANIFEST, range(0, 5000, 5003), 'Bad.')], {
      base: BASE,
      textOf: () => text,
    });
    const [, , line, marks] = shown;
    assert.equal(line?.slice(marks?.indexOf('^'), (marks?.lastIndexOf('^') ?? 0) + 1), 'bad');
    assert.ok((line?.length ?? 0) < 120);
  });
});

describe('findings as GitHub annotations', () => {
  it('escape what the workflow commands need escaped', () => {
    assert.equal(
      renderGithub(FINDINGS, BASE).join('\n'),
      `::error file=grafos.toml,line=2,endLine=2,col=1,endColumn=5,title=GRF1005 Unknown key::[[tasklet]] has no "feul". Did you mean "fuel"?
::notice file=grafos.toml,line=1,endLine=1,title=GRF3001 Not built yet::Not built: 100%25,%0Areally.
::warning file=tasklets/a b%2Cü%3A.ts,line=3,endLine=4,title=GRF2102 AssemblyScript warning::Odd.`,
    );
  });

  it('are one line each, of which nothing steers a log', () => {
    const odd = finding(
      'GRF2102',
      join(BASE, 'a\r\n::error::b'),
      range(0, 0, 0),
      'x\x1b[2J\r\n::warning::%0A\u2028\u202ey',
    );
    assert.deepEqual(renderGithub([odd], BASE), [
      '::warning file=a%0A%3A%3Aerror%3A%3Ab,line=1,endLine=1,title=GRF2102 AssemblyScript warning::' +
        'x\\u001b[2J%0A::warning::%250A\\u2028\\u202ey',
    ]);
  });
});

describe('findings as SARIF', () => {
  const log = renderSarif(FINDINGS, BASE);
  const [run] = log.runs;

  it('is a log of version 2.1.0 with one rule for each code', () => {
    assert.equal(log.version, '2.1.0');
    assert.match(log.$schema, /^https:\/\/.*sarif-2\.1\.0\.json$/);
    assert.equal(log.runs.length, 1);
    assert.deepEqual(
      run?.tool.driver.rules.map(({ id, defaultConfiguration }) => [id, defaultConfiguration.level]),
      [
        ['GRF1005', 'error'],
        ['GRF2102', 'warning'],
        ['GRF3001', 'note'],
      ],
    );
    for (const { helpUri, id } of run?.tool.driver.rules ?? []) {
      assert.ok(new URL(helpUri).pathname.endsWith(`/docs/reference/findings/${id}.md`));
    }
    const published = renderSarif(FINDINGS, BASE, { docsBase: 'https://docs.example/v1' });
    assert.equal(
      published.runs[0]?.tool.driver.rules[0]?.helpUri,
      'https://docs.example/v1/docs/reference/findings/GRF1005.md',
    );
  });

  it('has a result for each finding, its rule, its place from 1, its URI relative and escaped', () => {
    assert.equal(run?.columnKind, 'utf16CodeUnits');
    assert.deepEqual(
      run?.results.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level]),
      [
        ['GRF1005', 0, 'error'],
        ['GRF3001', 2, 'note'],
        ['GRF2102', 1, 'warning'],
      ],
    );
    assert.deepEqual(run?.results[2]?.locations, [
      {
        physicalLocation: {
          artifactLocation: { uri: 'tasklets/a%20b%2C%C3%BC%3A.ts', uriBaseId: '%SRCROOT%' },
          region: { startLine: 3, startColumn: 5, endLine: 4, endColumn: 2 },
        },
      },
    ]);
  });

  it('holds no link of a stranger', () => {
    const [linked] = renderSarif(
      [finding('GRF2102', MANIFEST, range(0, 0, 0), '[here](https://evil.example)\x1b')],
      BASE,
    ).runs;
    assert.equal(linked?.results[0]?.message.text, '[here] (https://evil.example)\\u001b');
  });

  it('carries fixes', () => {
    assert.deepEqual(run?.results[0]?.fixes, [
      {
        description: { text: 'Change to "fuel"' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'grafos.toml', uriBaseId: '%SRCROOT%' },
            replacements: [
              {
                deletedRegion: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 5 },
                insertedContent: { text: 'fuel' },
              },
            ],
          },
        ],
      },
    ]);
    assert.equal(run?.results[1]?.fixes, undefined);
  });

  it('names files outside the program by absolute URI', () => {
    const outside = renderSarif(
      [finding('GRF1001', resolve('/else where/grafos.toml'), range(0, 0, 0), 'None.')],
      BASE,
    );
    const uri = outside.runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri ?? '';
    assert.ok(uri.startsWith('file:///') && uri.endsWith('/else%20where/grafos.toml'));
  });

  it('can be printed', () => assert.deepEqual(JSON.parse(JSON.stringify(log)), log));
});

describe('findings as JSON', () => {
  it('have one documented shape', () => {
    const json = findingsJson(FINDINGS, BASE);
    assert.deepEqual([json.ok, json.errors, json.warnings, json.infos], [false, 1, 1, 1]);
    assert.deepEqual(json.findings[0], {
      code: 'GRF1005',
      severity: 'error',
      title: 'Unknown key',
      message: '[[tasklet]] has no "feul". Did you mean "fuel"?',
      file: 'grafos.toml',
      range: range(1, 0, 4),
      page: 'docs/reference/findings/GRF1005.md',
      fix: { title: 'Change to "fuel"', edits: [{ file: 'grafos.toml', range: range(1, 0, 4), new_text: 'fuel' }] },
    });
    assert.equal(json.findings[1]?.fix, null);
    assert.equal(findingsJson(FINDINGS.slice(1), BASE).ok, true);
  });
});
