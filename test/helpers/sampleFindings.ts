import { join, resolve } from 'node:path';
import { type Finding, finding } from '../../toolchain/validate/finding.ts';

export const BASE = resolve('/work space/pröject');

export const range = (line: number, from: number, to: number, endLine = line) => ({
  start: { line, character: from },
  end: { line: endLine, character: to },
});

export const MANIFEST = join(BASE, 'grafos.toml');

export const FINDINGS: Finding[] = [
  finding('GRF1005', MANIFEST, range(1, 0, 4), '[[tasklet]] has no "feul". Did you mean "fuel"?', {
    title: 'Change to "fuel"',
    edits: [{ range: range(1, 0, 4), newText: 'fuel' }],
  }),
  finding('GRF3001', MANIFEST, range(0, 0, 0), 'Not built: 100%,\nreally.'),
  finding('GRF2102', join(BASE, 'tasklets/a b,ü:.ts'), range(2, 4, 1, 3), 'Odd.'),
];
