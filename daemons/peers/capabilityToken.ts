/**
 * Capability tokens: short-lived bearer credentials for one lease, minted and signed by the cell
 * and checked by it alone (docs/internals/mem-dataplane.md, "Capability tokens").
 *
 * Written as a JWS in compact form, ES256 (RFC 7515, RFC 7518 section 3.4).
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { LIMITS } from '../../base/limits.ts';
import type { CapabilityRight } from '../wire/fabricControl.ts';
import { compactJws } from './compactJws.ts';

export interface CapabilityClaims {
  tenant_id: string;
  /** `mem:<cell id>`: the pool the lease is of. */
  resource_id: string;
  lease_id: string;
  generation: number;
  /** RFC 3339, cell time. */
  expires_at: string;
  /** Cell id. */
  audience: string;
  caveats: {
    rights: CapabilityRight[];
    /** Bytes of the lease the token is good for. */
    offset: number;
    length: number;
  };
  /** Makes every token its own. */
  token_id: string;
}

export type CapabilityProblem =
  | 'token_malformed'
  | 'token_algorithm_refused'
  | 'token_signature_invalid'
  | 'token_audience_mismatch'
  | 'token_expired';

export class CapabilityRefusedError extends Error {
  readonly code: CapabilityProblem;

  constructor(code: CapabilityProblem, message: string) {
    super(message);
    this.name = 'CapabilityRefusedError';
    this.code = code;
  }
}

const HEADER = { alg: 'ES256', typ: 'grafos-cap+jws' };
const TOKEN_CHARS_MAX = 4096;

/**
 * Mints and checks the tokens of a cell. The signing key is made with the object and lives only in
 * it, so a restarted cell knows no earlier token.
 */
export class CapabilityMint {
  readonly #audience: string;
  readonly #now: () => number;
  #keys: { privateKey: KeyObject; publicKey: KeyObject } | undefined;

  /** `now` is the cell's time, milliseconds since 1970. */
  constructor(audience: string, now: () => number) {
    this.#audience = audience;
    this.#now = now;
  }

  mint(claims: Omit<CapabilityClaims, 'audience' | 'token_id'>): string {
    const body: CapabilityClaims = {
      ...claims,
      audience: this.#audience,
      token_id: randomBytes(12).toString('base64url'),
    };
    const input = `${encode(HEADER)}.${encode(body)}`;
    const signature = sign('sha256', Buffer.from(input), { key: this.#pair().privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }

  /**
   * Checks a token and gives its claims. The caller checks that its lease and generation live.
   *
   * @throws {CapabilityRefusedError}
   */
  verify(token: string): CapabilityClaims {
    const parts = compactJws(token, TOKEN_CHARS_MAX);
    if (parts === undefined) throw new CapabilityRefusedError('token_malformed', 'It is no JWS in compact form.');
    const { header, claims, signature, signed } = parts;
    if (header.alg !== HEADER.alg || header.typ !== HEADER.typ) {
      throw new CapabilityRefusedError('token_algorithm_refused', `Only ${HEADER.typ} with ${HEADER.alg} is accepted.`);
    }
    const isOurs = verify(
      'sha256',
      Buffer.from(signed),
      { key: this.#pair().publicKey, dsaEncoding: 'ieee-p1363' },
      signature,
    );
    if (!isOurs) throw new CapabilityRefusedError('token_signature_invalid', 'It was not signed by this cell.');
    if (!isClaims(claims)) throw new CapabilityRefusedError('token_malformed', 'Its claims are incomplete.');
    if (claims.audience !== this.#audience) {
      throw new CapabilityRefusedError('token_audience_mismatch', `It is for the cell ${claims.audience}.`);
    }
    if (Date.parse(claims.expires_at) <= this.#now()) {
      throw new CapabilityRefusedError('token_expired', `It expired at ${claims.expires_at}.`);
    }
    return claims;
  }

  #pair(): { privateKey: KeyObject; publicKey: KeyObject } {
    this.#keys ??= generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return this.#keys;
  }
}

/** Milliseconds a token may live. */
export const CAPABILITY_TTL_MS_MAX = LIMITS.tokenSeconds * 1000;

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isClaims(value: unknown): value is CapabilityClaims {
  if (!isRecord(value) || !isRecord(value.caveats)) return false;
  const { rights, offset, length } = value.caveats;
  const texts = [value.tenant_id, value.resource_id, value.lease_id, value.expires_at, value.audience];
  return (
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(value.generation) &&
    Array.isArray(rights) &&
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length)
  );
}
