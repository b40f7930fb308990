import { X509Certificate } from 'node:crypto';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { createAuthority } from '../trust/authority.ts';
import type { CellConfig } from './cellConfig.ts';

/** Days that a pair of the memory data plane lives. Browsers pin one of 14 days at most. */
const DAYS = 13;
/** Time before its end when a pair is replaced, milliseconds. */
const AHEAD_MS = 4 * 86_400_000;
const FOLDER = 'memory';
const CERTIFICATE = 'memory.pem';
const KEY = 'memory-key.pem';

/** The pair of a cell's memory data plane. */
export interface MemoryPair {
  /** Absolute paths. */
  cert: string;
  key: string;
  /** Time when it is to be replaced. */
  renewAt: Date;
  notAfter: Date;
}

/**
 * Gives the pair of the memory data plane, and makes a new one where there is none that lasts.
 *
 * Clients know it by its hash, which the cell tells over fabric control. So it needs no CA of the
 * user: the CA that signs it lives for this call only.
 */
export async function memoryPair(folder: StateFolder, config: CellConfig, now = new Date()): Promise<MemoryPair> {
  const own = folder.make(FOLDER);
  const files = { cert: own.file(CERTIFICATE), key: own.file(KEY) };
  const text = own.readText(CERTIFICATE);
  if (text !== undefined && own.names().includes(KEY)) {
    const notAfter = new X509Certificate(text).validToDate;
    const renewAt = new Date(notAfter.getTime() - AHEAD_MS);
    if (now < renewAt) return { ...files, renewAt, notAfter };
  }
  const authority = createAuthority({ name: 'grafOS memory data plane', days: DAYS });
  const pair = authority.issue({ role: 'cell', name: config.cell_id, hosts: config.hosts, days: DAYS });
  // The certificate comes last: a pair that was cut off is made anew.
  own.remove(CERTIFICATE);
  await own.write(KEY, pair.keyPem);
  await own.write(CERTIFICATE, pair.certPem);
  return { ...files, renewAt: new Date(pair.notAfter.getTime() - AHEAD_MS), notAfter: pair.notAfter };
}
