/**
 * Judges the token of a request against the connection it came on. The order of refusals is part of
 * docs/internals/security.md.
 */
import { TOKEN_SKEW_SECONDS, verifyTenantToken } from '../../peers/tenantToken.ts';
import { RefusedError } from '../refused.ts';
import type { TenantTable } from '../store/tenantTable.ts';
import type { TokenTable } from '../store/tokenTable.ts';
import type { Actor, Connection, KnownToken } from './connection.ts';

export type Authenticate = (connection: Connection, authorization: string | undefined) => Actor | Promise<Actor>;

/**
 * Tokens remembered for one connection, more than an honest client needs. The oldest are dropped,
 * and refused as replayed if they come again.
 */
const TOKENS_PER_CONNECTION = 16;

const HOW = 'Send "Authorization: Bearer <token>" with a token signed by the key of your certificate.';

export function createAuthenticator(parts: { cellId: string; tenants: TenantTable; tokens: TokenTable }): Authenticate {
  const { cellId, tenants, tokens } = parts;

  const verify = async (connection: Connection, token: string): Promise<KnownToken> => {
    const { identity } = connection;
    const subject = `${identity.role}/${identity.name}`;
    const { key, keySha256 } = signer(connection, tenants);
    const claims = await verifyTenantToken(token, { key, subject, audience: cellId, x5tS256: identity.x5tS256 });
    const expiresAt = (claims.exp + TOKEN_SKEW_SECONDS) * 1000;
    // Other requests ran while the signature was checked. The first one to record the id may use
    // it.
    if (!tokens.use(subject, claims.jti, expiresAt)) {
      throw new RefusedError(
        'token_replayed',
        'The token was used on another connection.',
        'Make a token for each connection.',
      );
    }
    return { expiresAt, keySha256 };
  };

  const judge = (connection: Connection, known: KnownToken): Actor => {
    if (known.expiresAt <= Date.now())
      throw new RefusedError('token_expired', 'The token has expired.', 'Make a new one.');
    if (signer(connection, tenants).keySha256 !== known.keySha256) {
      throw new RefusedError(
        'token_signature_invalid',
        'The token is not signed with the key registered for this certificate.',
      );
    }
    const { role, name } = connection.identity;
    if (role !== 'tenant' && role !== 'admin')
      throw new RefusedError('role_required', 'Only tenants and admins have tokens.');
    return { role, name };
  };

  return (connection, authorization) => {
    if (connection.identity.notAfter.getTime() < Date.now()) {
      throw new RefusedError('client_certificate_expired', 'The certificate of this connection has expired meanwhile.');
    }
    if (authorization === undefined) throw new RefusedError('token_missing', 'The request has no token.', HOW);
    if (!authorization.startsWith('Bearer '))
      throw new RefusedError('token_malformed', 'The request has no bearer token.', HOW);
    const token = authorization.slice(7);
    const known = connection.tokens.get(token);
    if (known !== undefined && !(known instanceof Promise)) return judge(connection, known);
    if (known !== undefined) return known.then((settled) => judge(connection, settled));
    const verifying = verify(connection, token).then(
      (settled) => {
        connection.tokens.set(token, settled);
        return settled;
      },
      (error: unknown) => {
        connection.tokens.delete(token);
        throw error;
      },
    );
    remember(connection, token, verifying);
    return verifying.then((settled) => judge(connection, settled));
  };
}

/** An admin is whom its certificate says; a tenant must also be registered, and with this key. */
function signer(connection: Connection, tenants: TenantTable): { key: Connection['key']; keySha256: string } {
  const { identity } = connection;
  if (identity.role !== 'tenant') return { key: connection.key, keySha256: identity.spkiSha256 };
  const tenant = tenants.get(identity.name);
  if (tenant === undefined) {
    throw new RefusedError(
      'tenant_unknown',
      'The tenant of this certificate is not registered here.',
      'An admin registers it: grafos admin create-tenant.',
    );
  }
  return { key: tenant.key, keySha256: tenant.key_sha256 };
}

function remember(connection: Connection, token: string, verifying: Promise<KnownToken>): void {
  if (connection.tokens.size >= TOKENS_PER_CONNECTION) {
    const [oldest] = connection.tokens.keys();
    if (oldest !== undefined) connection.tokens.delete(oldest);
  }
  connection.tokens.set(token, verifying);
}
