/**
 * `grafos admin init-ca`, `issue-cert` and `issue-server-cert`: certificates whose keys the user
 * keeps. Nothing here overwrites a file.
 */
import { open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolders } from '../../base/files/makeFolders.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { PeerRole } from '../../daemons/wire/peerRole.ts';
import { fileFault } from '../files/fileError.ts';
import { createAuthority, type LeafRequest } from './authority.ts';
import type { CertificateFiles } from './devTrust.ts';
import { readAuthority } from './readAuthority.ts';

export interface IssuedFiles extends CertificateFiles {
  /** RFC 3339; the last second of validity. */
  not_after: string;
}

export interface IssueOptions {
  /** Paths of ca.pem and ca-key.pem. */
  ca: string;
  caKey: string;
  /** Folder that gets `<name>.pem` and `<name>-key.pem`; made when absent. */
  out: string;
  name: string;
  days: number;
}

/** A new CA as `ca.pem` and `ca-key.pem` (0600) in the folder `out`. Throws GrafosError. */
export async function initCa({ out, days }: { out: string; days: number }): Promise<IssuedFiles> {
  const ca = createAuthority({ name: 'grafOS CA', days });
  return writePair(out, 'ca', { certPem: ca.certPem, keyPem: ca.exportKeyPem(), notAfter: ca.notAfter });
}

/** A client certificate, for a tenant or an admin. Throws GrafosError. */
export async function issueCert(
  options: IssueOptions & { role: Extract<PeerRole, 'tenant' | 'admin'> },
): Promise<IssuedFiles> {
  return issue(options, { role: options.role, name: options.name, days: options.days });
}

/**
 * Makes a certificate for a daemon.
 *
 * @param hosts the names it is reached by besides loopback
 * @throws {GrafosError}
 */
export async function issueServerCert(
  options: IssueOptions & { role: Extract<PeerRole, 'cell' | 'scheduler'>; hosts: readonly string[] },
): Promise<IssuedFiles> {
  const { role, name, days, hosts } = options;
  return issue(options, { role, name, days, hosts });
}

async function issue({ ca, caKey, out }: IssueOptions, request: LeafRequest): Promise<IssuedFiles> {
  const authority = await readAuthority(ca, caKey, request.days);
  return writePair(out, request.name, authority.issue(request));
}

async function writePair(
  folder: string,
  name: string,
  pair: { certPem: string; keyPem: string; notAfter: Date },
): Promise<IssuedFiles> {
  const cert = resolve(join(folder, `${name}.pem`));
  const key = resolve(join(folder, `${name}-key.pem`));
  const made: string[] = [];
  try {
    try {
      makeFolders(folder, 0o700);
    } catch (cause) {
      throw notWritable(folder, cause);
    }
    // The modes mean nothing on Windows, where files are guarded by what their folder inherits.
    for (const [file, text, mode] of [[key, pair.keyPem, 0o600] as const, [cert, pair.certPem, 0o644] as const]) {
      const handle = await open(file, 'wx', mode);
      made.push(file);
      await handle.writeFile(text).finally(() => handle.close());
    }
  } catch (cause) {
    await Promise.all(made.map((file) => rm(file, { force: true })));
    if (cause instanceof GrafosError) throw cause;
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw notWritable(folder, cause);
    throw new GrafosError('file_exists', `${cert} or ${key} is there already and is not overwritten.`, {
      next: 'Give another folder, or move the old pair away if nothing uses it any more.',
      cause,
    });
  }
  return { cert, key, not_after: pair.notAfter.toISOString() };
}

function notWritable(folder: string, cause: unknown): GrafosError {
  return new GrafosError('not_writable', `The certificate cannot be written to ${folder}.`, {
    why: fileFault(cause),
    next: 'Give a folder that can be written to.',
    cause,
  });
}
