import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { compactVerify, SignJWT } from 'jose';
import {
  mintTenantToken,
  type TokenRefusal,
  TokenRefusedError,
  verifyTenantToken,
} from '../../../../daemons/peers/tenantToken.ts';
import { tokenSpellings } from '../../../helpers/tokenSpellings.ts';

const NOW = Date.UTC(2030, 0, 1);
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const base = { subject: 'tenant/a', audience: 'cell-1', x5tS256: 'thumb' };
const mint = (more: Partial<Parameters<typeof mintTenantToken>[0]> = {}) =>
  mintTenantToken({ key: privateKey, now: NOW, ...base, ...more });
const verify = (token: string, now = NOW) => verifyTenantToken(token, { key: publicKey, now, ...base });

async function refused(token: string, reason: TokenRefusal, now = NOW): Promise<void> {
  await assert.rejects(verify(token, now), (error) => error instanceof TokenRefusedError && error.reason === reason);
}

describe('tenantToken', () => {
  it('mints what another implementation of JWS verifies, and the other way round', async () => {
    const { token, claims } = mint();
    const { payload, protectedHeader } = await compactVerify(token, publicKey);
    assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), claims);
    assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'JWT' });
    const theirs = await new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    assert.deepEqual(await verify(theirs), claims);
  });

  it('gives every token another id', () => {
    assert.notEqual(mint().claims.jti, mint().claims.jti);
  });

  it('holds to the lifetime and the skew, to the second', async () => {
    const { token } = mint({ seconds: 300 });
    await verify(token, NOW + 304_999);
    await refused(token, 'token_expired', NOW + 305_000);
    await verify(token, NOW - 5_000);
    await refused(token, 'token_not_yet_valid', NOW - 6_000);
    for (const [now, says] of [
      [NOW + 305_000, /has expired/],
      [NOW - 6_000, /not valid yet/],
    ] as const) {
      await assert.rejects(
        verify(token, now),
        (error: TokenRefusedError) => says.test(error.message) && /clocks of both machines/.test(error.next ?? ''),
      );
    }
    await refused(mint({ seconds: 301 }).token, 'token_lifetime_too_long');
    // A token of the past needs a new one, a token of the future other clocks.
    await assert.rejects(verify(token, NOW + 305_000), { next: /^Make a new one/ });
    await assert.rejects(verify(token, NOW - 6_000), { next: /^Set the clocks/ });
  });

  it('tells each fault apart', async () => {
    await refused(mint({ x5tS256: 'another' }).token, 'token_certificate_mismatch');
    await refused(mint({ subject: 'tenant/b' }).token, 'token_certificate_mismatch');
    await refused(mint({ audience: 'cell-2' }).token, 'token_audience_mismatch');
    await refused(mint({ key: other.privateKey }).token, 'token_signature_invalid');
    const [header, claims, signature] = mint().token.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    await refused(`${none}.${claims}.`, 'token_algorithm_refused');
    await refused(`${header}.${claims}.`, 'token_signature_invalid');
    await refused(`${header}.${claims}`, 'token_malformed');
    await refused(`${claims}.${header}.${signature}`, 'token_algorithm_refused');
    const critical = await new SignJWT({ ...mint().claims })
      .setProtectedHeader({ alg: 'ES256', crit: ['b64'], b64: true })
      .sign(privateKey);
    await verify(critical);
    const unknown = Buffer.from('{"alg":"ES256","crit":["x"],"x":1}').toString('base64url');
    await refused(`${unknown}.${claims}.${signature}`, 'token_malformed');
  });

  it('accepts one spelling of a token', async () => {
    const { token } = mint();
    for (const [what, spelled] of tokenSpellings(token)) {
      await assert.rejects(
        verify(spelled),
        (error) => error instanceof TokenRefusedError && error.reason === 'token_malformed',
        what,
      );
    }
    await verify(token);
  });

  it('accepts no token that differs from the signed one, and never fails otherwise than typed', async () => {
    const { token } = mint();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
    const change = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(...alphabet));
    await fc.assert(
      fc.asyncProperty(change, async ([at, letter]) => {
        const changed = token.slice(0, at) + letter + token.slice(at + 1);
        fc.pre(changed !== token);
        await assert.rejects(verify(changed), TokenRefusedError);
      }),
      { numRuns: 200 },
    );
  });

  it('survives any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 3_000 }), (text) => assert.rejects(verify(text), TokenRefusedError)),
      { numRuns: 200 },
    );
  });
});
