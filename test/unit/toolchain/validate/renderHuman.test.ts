import assert from 'node:assert/strict';
import { join } from 'node:path';
import { paintMarked, printedLine } from '../../../../cli/printedLine.ts';
import { finding } from '../../../../toolchain/validate/finding.ts';
import { renderHuman } from '../../../../toolchain/validate/renderHuman.ts';
import { BASE, FINDINGS, MANIFEST, range } from '../../../helpers/sampleFindings.ts';

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
