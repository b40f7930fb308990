import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GrafosError } from '../protocol/grafosError.ts';
import { checkPeerChain } from '../protocol/peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from '../protocol/peerFiles.ts';
import { PeerRefused } from '../protocol/peerRefused.ts';
import { privateKeyOf } from '../protocol/privateKeyOf.ts';

/**
 * Reads the files of the flags and checks them before any peer does. A peer would only say that it
 * refuses us.
 *
 * @throws {GrafosError} trust_unreadable, ca_unreadable, certificate_unfit
 */
export function readTrust(paths: { ca: string; cert: string; key: string }): PeerFiles {
  const files = {
    caPem: read('--ca', paths.ca),
    certPem: read('--cert', paths.cert),
    keyPem: read('--key', paths.key),
  };
  const caDer = caDerFromPem(files.caPem);
  let certificate: X509Certificate;
  let isPair: boolean;
  try {
    certificate = new X509Certificate(files.certPem);
    isPair = certificate.checkPrivateKey(privateKeyOf(files.keyPem));
  } catch (cause) {
    if (cause instanceof GrafosError) throw cause;
    throw unfit('--cert and --key are not a certificate and a private key in PEM', cause);
  }
  if (!isPair) throw unfit('--key is not the key of --cert');
  try {
    // This checks the scheduler as the client of its cell. As a server it must also carry the host,
    // which its own clients check.
    checkPeerChain([certificate.raw], { caDer, usage: 'client', roles: ['scheduler'] });
  } catch (cause) {
    if (cause instanceof PeerRefused) throw unfit(`--cert: ${cause.detail}`, cause);
    throw cause;
  }
  return files;
}

function read(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GrafosError('usage', 'trust_unreadable', `The file of ${flag} cannot be read.`, {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give the path of a PEM file this user may read.',
      cause,
    });
  }
}

function unfit(why: string, cause?: unknown): GrafosError {
  return new GrafosError('usage', 'certificate_unfit', "The scheduler's certificate cannot be used.", {
    why,
    next: 'For the local stack run grafos dev up again; else issue one: grafos admin issue-server-cert.',
    cause,
  });
}
