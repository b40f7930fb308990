import { createHash, X509Certificate } from 'node:crypto';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { privateKeyOf } from '../../daemons/peers/privateKeyOf.ts';
import { type Authority, createAuthority, loadAuthority } from '../trust/authority.ts';
import { BY_HAND, readPem } from '../trust/readPem.ts';
import { makeUserRecords } from '../user/userRecords.ts';
import type { MakingProvider } from './cellCloud.ts';

/** A certificate and its key: the texts, and their files. */
export interface KeptPair {
  certPem: string;
  keyPem: string;
  cert: string;
  key: string;
}

/** The keys of the owner of a cell. None of them ever leaves this machine. */
export interface CellKeys {
  folder: string;
  authority: Authority;
  /** File of the CA certificate. */
  ca: string;
  /** First 32 hex digits of the SHA-256 of the CA certificate. */
  caMark: string;
  admin: KeptPair;
  tenant: KeptPair;
}

/** Name of the folder of cells' keys among the records of this user. */
const FOLDER = 'cell-keys';
const CA_DAYS = 1095;
const LEAF_DAYS = 90;
/** A pair that ends sooner is made anew, milliseconds. */
const RENEW_MS = 30 * 86_400_000;

/**
 * The keys of a cell, from the records of this user, or new ones. They stay when the cell is
 * destroyed, so that no certificate in use somewhere loses its CA by surprise.
 *
 * @param given files of a CA that the user keeps elsewhere
 * @param tenant name of the tenant
 * @throws {GrafosError} no_home_folder, user_records_failed, state_unsafe, ca_unreadable, ca_unfit,
 *   ca_key_mismatch, ca_expired, trust_unreadable
 */
export async function cellKeys(
  provider: MakingProvider,
  name: string,
  tenant: string,
  given?: { ca: string; caKey: string },
): Promise<CellKeys> {
  const folder = makeUserRecords(FOLDER).make(`${provider}-${name}`);
  const authority = given === undefined ? await keptAuthority(folder) : await givenAuthority(given);
  await keep(folder, 'ca.pem', authority.certPem);
  const [admin, ownTenant] = [
    await keptPair(folder, authority, 'admin', 'owner'),
    await keptPair(folder, authority, 'tenant', tenant),
  ];
  return {
    folder: folder.path,
    authority,
    ca: folder.file('ca.pem'),
    caMark: createHash('sha256').update(authority.certDer).digest('hex').slice(0, 32),
    admin,
    tenant: ownTenant,
  };
}

async function givenAuthority({ ca, caKey }: { ca: string; caKey: string }): Promise<Authority> {
  const [cert, key] = await Promise.all([readPem(BY_HAND, ca), readPem(BY_HAND, caKey)]);
  return loadAuthority(cert.text, key.text);
}

/** The key is written before the certificate: with both there, both are of one CA. */
async function keptAuthority(folder: StateFolder): Promise<Authority> {
  const [cert, key] = [folder.readText('ca.pem'), folder.readText('ca-key.pem')];
  if (cert !== undefined && key !== undefined) return loadAuthority(cert, key);
  if (cert !== undefined) {
    throw new GrafosError('ca_unreadable', `The key of this cell's CA is not in ${folder.path}.`, {
      why: 'The cell was made with a CA whose key is kept elsewhere.',
      next: 'Give the same CA again: --ca ca.pem --ca-key ca-key.pem',
    });
  }
  const made = createAuthority({ name: 'grafOS cell CA', days: CA_DAYS });
  await folder.write('ca-key.pem', made.exportKeyPem());
  await folder.write('ca.pem', made.certPem);
  return made;
}

async function keptPair(
  folder: StateFolder,
  authority: Authority,
  role: 'admin' | 'tenant',
  name: string,
): Promise<KeptPair> {
  const [certName, keyName] = [`${role}-${name}.pem`, `${role}-${name}-key.pem`];
  const files = { cert: folder.file(certName), key: folder.file(keyName) };
  const [certPem, keyPem] = [folder.readText(certName), folder.readText(keyName)];
  if (certPem !== undefined && keyPem !== undefined && isFresh(certPem, keyPem, authority))
    return { certPem, keyPem, ...files };
  const days = Math.max(1, Math.min(LEAF_DAYS, Math.floor((authority.notAfter.getTime() - Date.now()) / 86_400_000)));
  const made = authority.issue({ role, name, days });
  folder.remove(certName);
  await folder.write(keyName, made.keyPem);
  await folder.write(certName, made.certPem);
  return { certPem: made.certPem, keyPem: made.keyPem, ...files };
}

/** True for a pair that can be used for a while. It is false for a damaged one. */
function isFresh(certPem: string, keyPem: string, authority: Authority): boolean {
  try {
    const cert = new X509Certificate(certPem);
    const ends = Date.parse(cert.validTo);
    const isLong = ends - Date.now() > RENEW_MS || ends >= authority.notAfter.getTime() - 86_400_000;
    const isOurs = cert.verify(new X509Certificate(authority.certPem).publicKey);
    return isLong && isOurs && cert.checkPrivateKey(privateKeyOf(keyPem));
  } catch {
    return false;
  }
}

async function keep(folder: StateFolder, name: string, text: string): Promise<void> {
  if (folder.readText(name) !== text) await folder.write(name, text);
}
