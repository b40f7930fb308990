import { X509Certificate } from 'node:crypto';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { CELL_ROLES, cellTrust, certificateFile } from './cellTrust.ts';

export interface CertificateEnd {
  name: 'ca' | 'cell' | 'scheduler';
  /** RFC 3339. */
  not_after: string;
}

/** Reads when the certificates in force end; none where the cell has none yet. */
export function certificateEnds(folder: StateFolder): CertificateEnd[] {
  const trust = cellTrust(folder);
  if (trust === undefined) return [];
  return (['ca', ...CELL_ROLES] as const).flatMap((name) => {
    const pem = trust.readText(name === 'ca' ? 'ca.pem' : certificateFile(name));
    return pem === undefined ? [] : [{ name, not_after: new X509Certificate(pem).validToDate.toISOString() }];
  });
}
