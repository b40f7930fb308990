import type { KeyObject } from 'node:crypto';
import type { PeerIdentity } from '../../peers/peerCertificate.ts';

/** One TLS connection whose certificate has passed the check. It lives as long as the socket. */
export interface Connection {
  identity: PeerIdentity;
  /** The public key of the certificate. */
  key: KeyObject;
  /** For the audit log: who and from where. */
  peer: string;
  /** Tokens already judged here, by their text: the hot path of every request after the first. */
  tokens: Map<string, KnownToken | Promise<KnownToken>>;
}

export interface KnownToken {
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** Which key it was checked against, so that a rotated key ends it. */
  keySha256: string;
}

/** Whoever is asking, certificate and token both proved. */
export interface Actor {
  role: 'tenant' | 'admin';
  name: string;
}
