import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { createAuthority, type LeafRequest } from './authority.ts';

/** Absolute paths of a PEM certificate and its PKCS#8 key. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

/**
 * The certificates that a dev stack trusts and presents. Paths are as absolute as the given folder.
 * The CA's key is in no file.
 */
export interface DevTrust {
  dir: string;
  ca: string;
  tenant: CertificateFiles;
  /** Further tenants by name, each in a folder of its own. */
  tenants: ReadonlyMap<string, CertificateFiles>;
  admin: CertificateFiles;
  fabricbiosd: CertificateFiles;
  scheduler: CertificateFiles;
  /** Pinned by its hash by WebTransport clients, whose rule is EC P-256 and at most 14 days. */
  memDataplane: CertificateFiles;
  notAfter: Date;
}

const DEV_DAYS = 13;
/** Folder of the further tenants. */
const TENANTS = 'tenants';

/**
 * Makes a new CA and every certificate that it signs, and puts them in the place of `dir`, whatever
 * it held. The CA's key lives for this call only.
 *
 * The folder is 0700 and its files are 0600. On Windows modes mean nothing, and the files have the
 * access rights of the project folder. Between the two renames `dir` is absent for an instant: the
 * caller holds the stack's lock, and readers come after `dev.json`.
 *
 * @throws {GrafosError} trust_not_writable; then the old `dir` is untouched
 */
export function writeDevTrust(
  dir: string,
  { tenant, cellId, tenants = [] }: { tenant: string; cellId: string; tenants?: readonly string[] },
): DevTrust {
  const ca = createAuthority({ name: `grafOS dev CA ${randomBytes(4).toString('hex')}`, days: DEV_DAYS });
  const leaves = {
    tenant: { role: 'tenant', name: tenant },
    admin: { role: 'admin', name: 'dev-admin' },
    fabricbiosd: { role: 'cell', name: cellId },
    scheduler: { role: 'scheduler', name: cellId },
    'mem-dataplane': { role: 'cell', name: cellId },
  } satisfies Record<string, Omit<LeafRequest, 'days'>>;

  const name = basename(dir);
  const freshName = `${name}.${process.pid}-${randomBytes(4).toString('hex')}.new`;
  let parent: StateFolder | undefined;
  try {
    parent = StateFolder.at(dirname(dir));
    removeLeftovers(parent, name);
    const fresh = parent.make(freshName);
    fresh.writeNew('ca.pem', ca.certPem);
    for (const [file, request] of Object.entries(leaves)) {
      const leaf = ca.issue({ ...request, days: DEV_DAYS });
      fresh.writeNew(`${file}.pem`, leaf.certPem);
      fresh.writeNew(`${file}-key.pem`, leaf.keyPem);
    }
    for (const other of tenants) {
      const leaf = ca.issue({ role: 'tenant', name: other, days: DEV_DAYS });
      const folder = fresh.make(TENANTS).make(other);
      folder.writeNew('cert.pem', leaf.certPem);
      folder.writeNew('key.pem', leaf.keyPem);
    }
    swap(parent, freshName, name);
  } catch (cause) {
    parent?.remove(freshName);
    if (cause instanceof GrafosError) throw cause;
    throw new GrafosError('trust_not_writable', `The certificates of the local stack cannot be written to ${dir}.`, {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Make sure that the folder can be written to and that the disk is not full, then run `grafos dev up` again.',
      cause,
    });
  }

  const files = (name: keyof typeof leaves) => ({ cert: join(dir, `${name}.pem`), key: join(dir, `${name}-key.pem`) });
  return {
    dir,
    ca: join(dir, 'ca.pem'),
    tenant: files('tenant'),
    tenants: new Map(
      tenants.map((other) => [
        other,
        { cert: join(dir, TENANTS, other, 'cert.pem'), key: join(dir, TENANTS, other, 'key.pem') },
      ]),
    ),
    admin: files('admin'),
    fabricbiosd: files('fabricbiosd'),
    scheduler: files('scheduler'),
    memDataplane: files('mem-dataplane'),
    notAfter: ca.notAfter,
  };
}

/**
 * Puts the new folder in the place of the old one. A folder cannot be renamed onto a full one, so
 * the old one steps aside first, and comes back if the new one cannot take its place.
 */
function swap(parent: StateFolder, fresh: string, name: string): void {
  const old = fresh.replace(/new$/, 'old');
  const hadOne = parent.names().includes(name);
  if (hadOne) parent.rename(name, old);
  try {
    parent.rename(fresh, name);
  } catch (error) {
    if (hadOne) parent.rename(old, name);
    throw error;
  }
  parent.remove(old);
}

/** Removes what a killed process left beside the folder: it holds keys. */
function removeLeftovers(parent: StateFolder, trust: string): void {
  const prefix = `${trust}.`;
  for (const name of parent.names()) {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-[0-9a-f]{8}\.(?:new|old)$/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) parent.remove(name);
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
