import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GrafosError } from '../../base/grafosError.ts';
import { checkPeerChain } from '../peers/peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from '../peers/peerFiles.ts';
import { PeerRefusedError } from '../peers/peerRefused.ts';
import { privateKeyOf } from '../peers/privateKeyOf.ts';
import type { PeerRole } from '../wire/peerRole.ts';

export interface PairPaths {
  cert: string;
  key: string;
}

export interface PemPair {
  certPem: string;
  keyPem: string;
}

/** The part that a daemon plays with its certificate. A server's must name its host. */
export type ExpectedPart = { roles: readonly PeerRole[] } & ({ usage: 'client' } | { usage: 'server'; host: string });

/** Published codes of a daemon's trust files, where they differ from one daemon to another. */
export interface TrustCodes {
  unreadable: 'file_unreadable' | 'trust_not_readable' | 'trust_unreadable';
  notPem: 'certificate_unfit' | 'certificate_unreadable';
}

/**
 * Reads the certificate, key and CA of a daemon, and refuses at the start what its peers would
 * refuse later. A peer would only say that it refuses.
 *
 * @throws {GrafosError} ca_unreadable, certificate_unfit, key_encrypted, and the codes given
 */
export async function readTrust(
  paths: PairPaths & { ca: string },
  part: ExpectedPart,
  codes: TrustCodes,
): Promise<PeerFiles> {
  const [caPem, pair] = await Promise.all([
    readText(paths.ca, 'ca', codes),
    readPair(paths, { cert: 'cert', key: 'key' }, codes),
  ]);
  const caDer = caDerFromPem(caPem);
  try {
    checkPeerChain([new X509Certificate(pair.certPem).raw], { caDer, ...part });
  } catch (error) {
    if (!(error instanceof PeerRefusedError)) throw error;
    throw unfitCertificate(paths.cert, error.detail, error);
  }
  return { caPem, ...pair };
}

/**
 * Reads a certificate and its key.
 *
 * @param flags names of the two flags, for the error
 * @throws {GrafosError} certificate_unfit, key_encrypted, and the codes given
 */
export async function readPair(paths: PairPaths, flags: PairPaths, codes: TrustCodes): Promise<PemPair> {
  const [certPem, keyPem] = await Promise.all([
    readText(paths.cert, flags.cert, codes),
    readText(paths.key, flags.key, codes),
  ]);
  const certificate = parsed(paths.cert, 'certificate', codes, () => new X509Certificate(certPem));
  const key = parsed(paths.key, 'private key', codes, () => privateKeyOf(keyPem));
  if (!certificate.checkPrivateKey(key))
    throw unfitCertificate(paths.cert, `it does not belong to the key in ${paths.key}`);
  return { certPem, keyPem };
}

/** The error of a certificate that does not fit the part of its daemon. */
export function unfitCertificate(path: string, why: string, cause?: unknown): GrafosError {
  return new GrafosError('certificate_unfit', `The certificate ${path} does not fit its part.`, {
    why,
    next: 'Make new ones: `grafos dev up` for the local stack, `grafos admin issue-server-cert` for a cell.',
    cause,
  });
}

async function readText(path: string, flag: string, codes: TrustCodes): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GrafosError(codes.unreadable, `Cannot read ${path}, given by --${flag}.`, {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give the path of a PEM file that you may read; `grafos dev up` makes those of the local stack.',
      cause,
      kind: 'usage',
    });
  }
}

function parsed<T>(path: string, what: string, codes: TrustCodes, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof GrafosError) throw cause;
    throw new GrafosError(codes.notPem, `${path} is no PEM ${what}.`, {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give a PEM file; `grafos dev up` makes the files of the local stack.',
      cause,
    });
  }
}
