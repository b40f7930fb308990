import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { createAuthority, type LeafRequest } from './authority.ts';

/** Absolute paths of a PEM certificate and its PKCS#8 key. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

/** What a dev stack trusts and shows; paths are as absolute as the folder given. The CA's key is in no file. */
export interface DevTrust {
  dir: string;
  ca: string;
  tenant: CertificateFiles;
  admin: CertificateFiles;
  fabricbiosd: CertificateFiles;
  scheduler: CertificateFiles;
  /** Pinned by its hash by WebTransport clients, whose rule is EC P-256 and at most 14 days. */
  memDataplane: CertificateFiles;
  notAfter: Date;
}

const DEV_DAYS = 13;

/**
 * Makes a new CA and everything it signs, and puts them in the place of `dir`, whatever it held. The CA's key lives for this call only.
 * The folder is 0700 and keys are 0600; on Windows modes mean nothing, and the files are guarded by what the project folder inherits.
 * Between the two renames `dir` is absent for an instant: the caller holds the stack's lock, and readers come after `dev.json`.
 * Throws GrafosError `trust_not_writable`; then the old `dir` is untouched.
 */
export function writeDevTrust(dir: string, { tenant, cellId }: { tenant: string; cellId: string }): DevTrust {
  const ca = createAuthority({ name: `grafOS dev CA ${randomBytes(4).toString('hex')}`, days: DEV_DAYS });
  const leaves = {
    tenant: { role: 'tenant', name: tenant },
    admin: { role: 'admin', name: 'dev-admin' },
    fabricbiosd: { role: 'cell', name: cellId },
    scheduler: { role: 'scheduler', name: cellId },
    'mem-dataplane': { role: 'cell', name: cellId },
  } satisfies Record<string, Omit<LeafRequest, 'days'>>;

  const fresh = `${dir}.${process.pid}-${randomBytes(4).toString('hex')}.new`;
  try {
    mkdirSync(dirname(dir), { recursive: true });
    removeLeftovers(dir);
    mkdirSync(fresh, { mode: 0o700 });
    writeFileSync(join(fresh, 'ca.pem'), ca.certPem, { mode: 0o644, flag: 'wx' });
    for (const [file, request] of Object.entries(leaves)) {
      const leaf = ca.issue({ ...request, days: DEV_DAYS });
      writeFileSync(join(fresh, `${file}.pem`), leaf.certPem, { mode: 0o644, flag: 'wx' });
      writeFileSync(join(fresh, `${file}-key.pem`), leaf.keyPem, { mode: 0o600, flag: 'wx' });
    }
    swap(fresh, dir);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    if (cause instanceof GrafosError) throw cause;
    throw new GrafosError(
      'unreachable',
      'trust_not_writable',
      `The certificates of the local stack cannot be written to ${dir}.`,
      {
        why: cause instanceof Error ? cause.message : String(cause),
        next: 'Make sure that the folder can be written to and that the disk is not full, then run `grafos dev up` again.',
        cause,
      },
    );
  }

  const files = (name: keyof typeof leaves) => ({ cert: join(dir, `${name}.pem`), key: join(dir, `${name}-key.pem`) });
  return {
    dir,
    ca: join(dir, 'ca.pem'),
    tenant: files('tenant'),
    admin: files('admin'),
    fabricbiosd: files('fabricbiosd'),
    scheduler: files('scheduler'),
    memDataplane: files('mem-dataplane'),
    notAfter: ca.notAfter,
  };
}

/** A folder cannot be renamed onto a full one, so the old one steps aside first and comes back if the new one cannot take its place. */
function swap(fresh: string, dir: string): void {
  const old = fresh.replace(/new$/, 'old');
  const hadOne = renameIfThere(dir, old);
  try {
    renameSync(fresh, dir);
  } catch (error) {
    if (hadOne) renameSync(old, dir);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

function renameIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Folders that a killed process left beside `dir` hold keys: they go as soon as their process is gone. */
function removeLeftovers(dir: string): void {
  const prefix = `${basename(dir)}.`;
  for (const name of readdirSync(dirname(dir))) {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-[0-9a-f]{8}\.(?:new|old)$/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(dirname(dir), name), { recursive: true, force: true });
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
