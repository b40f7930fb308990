import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { canOutlast, endsSoon } from '../../../../toolchain/cloud/endsSoon.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';

const DAY_MS = 86_400_000;
const authority = createAuthority({ name: 'soon', days: 30 });
const certificate = new X509Certificate(authority.issue({ role: 'tenant', name: 'acme', days: 20 }).certPem);
const ends = certificate.validToDate.getTime();

describe('a certificate that ends soon', () => {
  for (const [left, days] of [
    [14 * DAY_MS, undefined],
    [14 * DAY_MS - 1, 13],
    [DAY_MS, 1],
    [DAY_MS - 1, 0],
    [-DAY_MS, 0],
  ] as const) {
    it(`has ${days ?? 'no'} days to be told of, ${left} ms before its end`, () => {
      assert.equal(endsSoon(certificate, ends - left), days);
    });
  }

  it('can be outlasted only where its CA lasts a day longer', () => {
    assert.equal(canOutlast(authority.notAfter, certificate), true);
    assert.equal(canOutlast(new Date(ends + DAY_MS), certificate), false);
    assert.equal(canOutlast(new Date(ends + DAY_MS + 1), certificate), true);
  });
});
