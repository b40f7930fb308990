import { sign, verify, X509Certificate } from 'node:crypto';
import { GrafosError } from '../../../base/grafosError.ts';
import { checkPeerChain } from '../../../daemons/peers/peerCertificate.ts';
import { caDerFromPem } from '../../../daemons/peers/peerFiles.ts';
import { PeerRefusedError } from '../../../daemons/peers/peerRefused.ts';
import { privateKeyOf } from '../../../daemons/peers/privateKeyOf.ts';

/** The file beside a checksum, with the signature of an admin. */
interface SignatureFile {
  version: 1;
  /** PEM. */
  certificate: string;
  /** ECDSA over P-256 with SHA-256, DER in base64. */
  signature: string;
}

/** Keeps a signature of a checksum from being one of anything else. */
const CONTEXT = 'grafos-bundle-v1\n';

/**
 * Signs the line of a checksum.
 *
 * @throws {GrafosError} bundle_signer_unfit
 */
export function signChecksum(line: string, { certPem, keyPem }: { certPem: string; keyPem: string }): string {
  const key = privateKeyOf(keyPem);
  if (!new X509Certificate(certPem).checkPrivateKey(key))
    throw new GrafosError('bundle_signer_unfit', 'The bundle cannot be signed with this pair.', {
      why: 'The key does not belong to the certificate.',
      next: 'Give a pair of one admin: grafos admin issue-cert NAME --role admin',
    });
  const signature = sign('sha256', Buffer.from(CONTEXT + line), key).toString('base64');
  const file: SignatureFile = { version: 1, certificate: certPem, signature };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * Checks the signature of a checksum.
 *
 * @returns the name of the admin who signed
 * @throws {GrafosError} bundle_signature_wrong
 */
export function checkSignature(line: string, text: string, caPem: string): string {
  const { certificate, signature } = parse(text);
  let name: string;
  let publicKey: X509Certificate['publicKey'];
  try {
    const leaf = new X509Certificate(certificate);
    name = checkPeerChain([leaf.raw], { caDer: caDerFromPem(caPem), usage: 'client', roles: ['admin'] }).name;
    publicKey = leaf.publicKey;
  } catch (cause) {
    if (cause instanceof GrafosError && !(cause instanceof PeerRefusedError)) throw cause;
    throw wrong(
      cause instanceof PeerRefusedError
        ? `Its certificate is refused: ${cause.detail}.`
        : 'Its certificate cannot be read.',
    );
  }
  if (!verify('sha256', Buffer.from(CONTEXT + line), publicKey, Buffer.from(signature, 'base64')))
    throw wrong('The signature is not of this checksum.');
  return name;
}

function parse(text: string): SignatureFile {
  try {
    const file: SignatureFile = JSON.parse(text);
    if (file.version === 1 && typeof file.certificate === 'string' && typeof file.signature === 'string') return file;
  } catch {
    // Said below.
  }
  throw wrong('Its file is damaged.');
}

function wrong(why: string): GrafosError {
  return new GrafosError('bundle_signature_wrong', 'The signature of the bundle does not hold.', {
    why,
    next: 'Do not install it. Get the three files anew from whoever made them.',
  });
}
