import assert from 'node:assert/strict';
import { findingsJson } from '../../../../toolchain/validate/findingsJson.ts';
import { BASE, FINDINGS, range } from '../../../helpers/sampleFindings.ts';

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
