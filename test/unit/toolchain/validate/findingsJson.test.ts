import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { type Finding, finding } from '../../../../toolchain/validate/finding.ts';
import { findingsJson } from '../../../../toolchain/validate/findingsJson.ts';

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
