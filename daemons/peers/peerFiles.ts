import { X509Certificate } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';

/** The certificates that one end of an mTLS connection presents and trusts, as PEM texts. */
export interface PeerFiles {
  caPem: string;
  certPem: string;
  keyPem: string;
}

/** The one certificate of a CA file, DER. Throws GrafosError `ca_unreadable`. */
export function caDerFromPem(caPem: string): Uint8Array {
  const count = caPem.split('-----BEGIN CERTIFICATE-----').length - 1;
  try {
    if (count !== 1) throw new Error(`it holds ${count} certificates; a peer is checked against exactly one CA`);
    return new X509Certificate(caPem).raw;
  } catch (cause) {
    throw new GrafosError('ca_unreadable', 'The CA certificate cannot be read.', {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give the ca.pem of this stack or cell: one PEM certificate.',
      cause,
    });
  }
}
