/**
 * The roles of a certificate. Role and name are in its one `grafos://<role>/<name>` URI
 * (docs/internals/security.md).
 */
export const PEER_ROLES = ['tenant', 'admin', 'scheduler', 'cell'] as const;
export type PeerRole = (typeof PEER_ROLES)[number];

/**
 * The sides of a connection that a role may be on. The extended key usage of its certificate allows
 * exactly these.
 */
export const ROLE_USAGES: Record<PeerRole, readonly PeerUsage[]> = {
  tenant: ['client'],
  admin: ['client'],
  scheduler: ['server', 'client'],
  cell: ['server'],
};

export type PeerUsage = 'client' | 'server';

/** id-kp-clientAuth and id-kp-serverAuth, RFC 5280 section 4.2.1.12. */
export const USAGE_OID: Record<PeerUsage, string> = { client: '1.3.6.1.5.5.7.3.2', server: '1.3.6.1.5.5.7.3.1' };

/** Tenant names, admin names and cell ids: 1 to 63 of `a-z 0-9 . _ -`, a letter or digit first. */
export const PEER_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export function isPeerRole(text: string): text is PeerRole {
  return (PEER_ROLES as readonly string[]).includes(text);
}

/** Longest life of a leaf, days; what browsers and the CA/Browser Forum held public servers to. */
export const LEAF_DAYS_MAX = 398;
