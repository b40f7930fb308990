/**
 * The tenant token: a JWS in compact form (RFC 7515), ES256.
 *
 * The holder of a certificate signs it for itself with the certificate's key. It is bound to that
 * certificate by `cnf.x5t#S256` (RFC 8705, section 3.1), so neither is worth anything without the
 * other.
 *
 * Signing needs only `node:crypto`, because the command line pays for every import. Verifying is
 * left to `jose`.
 */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { LIMITS } from '../../base/limits.ts';
import type { RefusalReason } from '../wire/tenantApi.ts';
import { compactJws } from './compactJws.ts';

export interface TokenClaims {
  /** `<role>/<name>`, as the certificate's own URI has it. */
  sub: string;
  /** The id of the cell. */
  aud: string;
  /** Seconds since 1970, as are `nbf` and `exp`. */
  iat: number;
  nbf: number;
  exp: number;
  jti: string;
  cnf: { 'x5t#S256': string };
}

export interface MintOptions {
  key: KeyObject;
  subject: string;
  audience: string;
  /** {@link certificateThumbprint} of the certificate that will be shown on the connection. */
  x5tS256: string;
  /** Milliseconds since 1970; the present when left out. */
  now?: number;
  /** At most {@link LIMITS.tokenSeconds}, which is the default. */
  seconds?: number;
}

/** Largest difference between the two clocks, seconds. */
export const TOKEN_SKEW_SECONDS = 5;

/** No honest token comes near this many characters. */
const MAX_TOKEN_LENGTH = 2_048;

const HEADER = base64url(JSON.stringify({ alg: 'ES256', typ: 'JWT' }));

/** `x5t#S256` of RFC 8705: base64url of the SHA-256 of the certificate's DER. */
export function certificateThumbprint(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url');
}

export function mintTenantToken(options: MintOptions): { token: string; claims: TokenClaims } {
  const iat = Math.floor((options.now ?? Date.now()) / 1000);
  const claims: TokenClaims = {
    sub: options.subject,
    aud: options.audience,
    iat,
    nbf: iat,
    exp: iat + (options.seconds ?? LIMITS.tokenSeconds),
    jti: randomBytes(16).toString('base64url'),
    cnf: { 'x5t#S256': options.x5tS256 },
  };
  const signed = `${HEADER}.${base64url(JSON.stringify(claims))}`;
  // JWS wants the signature as r and s side by side (RFC 7518, section 3.4), not OpenSSL's DER.
  const signature = sign('sha256', Buffer.from(signed), { key: options.key, dsaEncoding: 'ieee-p1363' });
  return { token: `${signed}.${signature.toString('base64url')}`, claims };
}

export type TokenRefusal = Extract<RefusalReason, `token_${string}`>;

/**
 * Thrown for a token that proves nothing. The text is for the audit log and the answer alike: it
 * quotes no part of the token.
 */
export class TokenRefusedError extends Error {
  readonly reason: TokenRefusal;
  readonly next: string | undefined;

  constructor(reason: TokenRefusal, message: string, next?: string) {
    super(message);
    this.name = 'TokenRefusedError';
    this.reason = reason;
    this.next = next;
  }
}

export interface VerifyOptions {
  /** The public key registered for whoever the certificate names. */
  key: KeyObject;
  subject: string;
  audience: string;
  /** Thumbprint of the certificate of this very connection. */
  x5tS256: string;
  now?: number;
}

/**
 * Checks everything about a token that needs no memory of other tokens. The caller checks that its
 * `jti` is new.
 *
 * The binding is checked before the signature, so that a token shown with another's certificate
 * differs from a forged one.
 *
 * @throws {TokenRefusedError}
 */
export async function verifyTenantToken(token: string, options: VerifyOptions): Promise<TokenClaims> {
  const parts = compactJws(token, MAX_TOKEN_LENGTH);
  if (parts === undefined) throw malformed('it is not three parts of base64url, with JSON objects in the first two');
  const { header } = parts;
  if (header.alg !== 'ES256') {
    throw new TokenRefusedError(
      'token_algorithm_refused',
      'The token is not signed with ES256, the only algorithm accepted here.',
    );
  }
  const claims = checkShape(parts.claims);
  if (claims.cnf['x5t#S256'] !== options.x5tS256 || claims.sub !== options.subject) {
    throw new TokenRefusedError(
      'token_certificate_mismatch',
      'The token is bound to another certificate than the one of this connection.',
    );
  }
  await checkSignature(token, options.key);
  if (claims.aud !== options.audience) {
    throw new TokenRefusedError('token_audience_mismatch', 'The token was made for another cell.');
  }
  const now = (options.now ?? Date.now()) / 1000;
  if (claims.exp + TOKEN_SKEW_SECONDS <= now) {
    throw new TokenRefusedError(
      'token_expired',
      'The token has expired.',
      'Make a new one, and compare the clocks of both machines if it is refused too.',
    );
  }
  if (Math.max(claims.nbf, claims.iat) - TOKEN_SKEW_SECONDS > now) {
    throw new TokenRefusedError(
      'token_not_yet_valid',
      'The token is not valid yet: it was made in the future of this clock.',
      'Set the clocks of both machines, then make a new one.',
    );
  }
  if (claims.exp - claims.iat > LIMITS.tokenSeconds) {
    throw new TokenRefusedError('token_lifetime_too_long', `The token lives longer than ${LIMITS.tokenSeconds} s.`);
  }
  return claims;
}

async function checkSignature(token: string, key: KeyObject): Promise<void> {
  const { compactVerify, errors } = await import('jose');
  try {
    await compactVerify(token, key, { algorithms: ['ES256'] });
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw new TokenRefusedError(
        'token_signature_invalid',
        'The token is not signed with the key registered for this certificate.',
      );
    }
    if (error instanceof errors.JOSEError) throw malformed('its header or signature is not well formed');
    throw error;
  }
}

function checkShape(claims: Record<string, unknown>): TokenClaims {
  const { sub, aud, iat, nbf, exp, jti, cnf } = claims;
  const thumbprint = isObject(cnf) ? cnf['x5t#S256'] : undefined;
  if (typeof sub !== 'string' || typeof aud !== 'string') throw malformed('sub and aud must each be one string');
  if (!isTime(iat) || !isTime(nbf) || !isTime(exp) || exp <= iat)
    throw malformed('iat, nbf and exp must be times in order');
  if (typeof jti !== 'string' || jti.length < 16 || jti.length > 128)
    throw malformed('jti must be 16 to 128 characters');
  if (typeof thumbprint !== 'string') throw malformed('cnf.x5t#S256 is missing');
  return { sub, aud, iat, nbf, exp, jti, cnf: { 'x5t#S256': thumbprint } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(why: string): TokenRefusedError {
  return new TokenRefusedError('token_malformed', `The token is not usable: ${why}.`);
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
