import assert from 'node:assert/strict';
import { join } from 'node:path';
import { finding } from '../../../../toolchain/validate/finding.ts';
import { renderGithub } from '../../../../toolchain/validate/renderGithub.ts';
import { BASE, FINDINGS, range } from '../../../helpers/sampleFindings.ts';

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
