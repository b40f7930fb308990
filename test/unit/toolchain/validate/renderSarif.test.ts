import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { finding } from '../../../../toolchain/validate/finding.ts';
import { renderSarif } from '../../../../toolchain/validate/renderSarif.ts';
import { BASE, FINDINGS, MANIFEST, range } from '../../../helpers/sampleFindings.ts';

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
