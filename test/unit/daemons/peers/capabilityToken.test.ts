import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { CapabilityMint, CapabilityRefusedError } from '../../../../daemons/peers/capabilityToken.ts';
import { tokenSpellings } from '../../../helpers/tokenSpellings.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const CLAIMS = {
  tenant_id: 'dev-tenant',
  resource_id: 'mem:cell-1',
  lease_id: 'lease-1',
  generation: 1,
  expires_at: '2026-01-01T00:05:00.000Z',
  caveats: { rights: ['read' as const], offset: 0, length: 64 },
};

function refused(code: string) {
  return (error: unknown) => error instanceof CapabilityRefusedError && error.code === code;
}

describe('a capability token', () => {
  const clock = { now: START };
  const mint = new CapabilityMint('cell-1', () => clock.now);
  const token = mint.mint(CLAIMS);
  const [head = '', body = '', signature = ''] = token.split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  beforeEach(() => {
    clock.now = START;
  });

  it('has the public fields, and is its own', () => {
    const { token_id, ...claims } = mint.verify(token);
    assert.deepEqual(claims, { ...CLAIMS, audience: 'cell-1' });
    assert.notEqual(mint.verify(mint.mint(CLAIMS)).token_id, token_id);
  });

  it('is good until the instant it expires', () => {
    clock.now = Date.parse(CLAIMS.expires_at) - 1;
    mint.verify(token);
    clock.now++;
    assert.throws(() => mint.verify(token), refused('token_expired'));
  });

  it('is refused with any character of its claims or signature altered', () => {
    for (let at = head.length + 1; at < token.length; at++) {
      if (token[at] === '.') continue;
      const altered = token.slice(0, at) + (token[at] === 'A' ? 'g' : 'A') + token.slice(at + 1);
      // What is no JSON or no base64url any more is malformed; all else is not what the cell
      // signed.
      assert.throws(
        () => mint.verify(altered),
        (error) => refused('token_signature_invalid')(error) || refused('token_malformed')(error),
        `character ${at}`,
      );
    }
  });

  it('is refused in every other spelling of the same bytes', () => {
    for (const [what, spelled] of tokenSpellings(token)) {
      assert.throws(() => mint.verify(spelled), refused('token_malformed'), what);
    }
  });

  it('is refused with rights it was not given', () => {
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const more = encode({ ...claims, caveats: { ...claims.caveats, rights: ['read', 'write'] } });
    assert.throws(() => mint.verify(`${head}.${more}.${signature}`), refused('token_signature_invalid'));
  });

  it('is refused when the cell signed it before its restart', () => {
    assert.throws(
      () => mint.verify(new CapabilityMint('cell-1', () => START).mint(CLAIMS)),
      refused('token_signature_invalid'),
    );
  });

  it('is refused when anybody else signed it', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const input = `${head}.${body}`;
    const forged = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    assert.throws(() => mint.verify(`${input}.${forged.toString('base64url')}`), refused('token_signature_invalid'));
  });

  for (const [what, bad, code] of [
    ['without a signature', `${head}.${body}`, 'token_malformed'],
    ['with an empty signature', `${head}.${body}.`, 'token_signature_invalid'],
    ['of four parts', `${token}.x`, 'token_malformed'],
    ['that is empty', '', 'token_malformed'],
    ['longer than any', 'a'.repeat(5000), 'token_malformed'],
    ['with alg none', `${encode({ alg: 'none', typ: 'grafos-cap+jws' })}.${body}.`, 'token_algorithm_refused'],
    ['with alg HS256', `${encode({ alg: 'HS256', typ: 'grafos-cap+jws' })}.${body}.AAAA`, 'token_algorithm_refused'],
    ['of another type', `${encode({ alg: 'ES256', typ: 'JWT' })}.${body}.${signature}`, 'token_algorithm_refused'],
    ['with a header that is no JSON', `!!.${body}.${signature}`, 'token_malformed'],
  ] as const) {
    it(`${what} is ${code}`, () => assert.throws(() => mint.verify(bad), refused(code)));
  }
});
