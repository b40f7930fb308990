import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { DerInvalidError } from './peerDer.ts';
import { EXTENSION, type ParsedCertificate, parseCertificate } from './peerX509.ts';

export interface TrustedCa {
  certificate: ParsedCertificate;
  subjectKeyId: Uint8Array;
  publicKey: KeyObject;
}

/** Numbers of the bits in keyUsage, RFC 5280 section 4.2.1.3. */
export const KEY_USAGE_BIT = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;

const known = new WeakMap<Uint8Array, TrustedCa>();

/**
 * Reads our CA from its DER bytes: self-signed EC P-256, version 3, critical CA:TRUE and
 * keyCertSign, and no constraint that we would have to carry out.
 *
 * Its dates are not judged here. The answer is kept per Uint8Array, which must not change
 * afterwards.
 *
 * @throws {DerInvalidError} with the fault
 */
export function readCa(caDer: Uint8Array): TrustedCa {
  const before = known.get(caDer);
  if (before !== undefined) return before;
  const certificate = parseCertificate(caDer);
  const problem = caProblem(certificate);
  if (problem !== undefined) throw new DerInvalidError(problem);
  const publicKey = p256Key(certificate.spki);
  if (publicKey === undefined) throw new DerInvalidError('its key is not on the curve P-256');
  if (!isSignedBy(certificate, publicKey)) throw new DerInvalidError('its signature is wrong');
  const ca = { certificate, subjectKeyId: certificate.subjectKeyId ?? new Uint8Array(), publicKey };
  known.set(caDer, ca);
  return ca;
}

function caProblem(certificate: ParsedCertificate): string | undefined {
  const { basicConstraints, keyUsage, extensions, authorityKeyId, subjectKeyId } = certificate;
  const allowed: string[] = [
    EXTENSION.basicConstraints,
    EXTENSION.keyUsage,
    EXTENSION.subjectKeyId,
    EXTENSION.authorityKeyId,
  ];
  const form = formProblem(certificate);
  if (form !== undefined) return form;
  if (!sameBytes(certificate.issuer, certificate.subject)) return 'it is not self-issued';
  if (basicConstraints?.ca !== true || extensions.get(EXTENSION.basicConstraints)?.critical !== true) {
    return 'it lacks critical basicConstraints with CA:TRUE';
  }
  if (!keyUsage?.has(KEY_USAGE_BIT.keyCertSign) || extensions.get(EXTENSION.keyUsage)?.critical !== true) {
    return 'it lacks critical keyUsage with keyCertSign';
  }
  if (subjectKeyId === null) return 'it lacks a subject key identifier';
  const names = authorityKeyId;
  if (names !== null && (names.hasIssuer || names.keyId === null || !sameBytes(names.keyId, subjectKeyId))) {
    return 'its authority key identifier is not its own';
  }
  const foreign = [...extensions.keys()].find((id) => !allowed.includes(id));
  return foreign === undefined ? undefined : `it has the extension ${foreign}, which we do not carry out`;
}

/** Checks the rules that hold for CA and leaf alike. */
export function formProblem(certificate: ParsedCertificate): string | undefined {
  const { serial, innerAlgorithm, outerAlgorithm } = certificate;
  if (certificate.version !== 3) return `it has version ${certificate.version}, not 3`;
  if (!sameBytes(innerAlgorithm, outerAlgorithm)) return 'its inner and outer signature algorithms differ';
  if (!sameBytes(innerAlgorithm, ECDSA_WITH_SHA256)) return 'its signature algorithm is not ecdsa-with-SHA256';
  if (((serial[0] ?? 0x80) & 0x80) !== 0 || serial.every((octet) => octet === 0))
    return 'its serial number is not positive';
  if (serial.length > 20) return 'its serial number is longer than 20 octets';
  if (isEmptyName(certificate.issuer)) return 'its issuer is empty';
  if (certificate.notBefore > certificate.notAfter) return 'it ends before it begins';
  if (!sameBytes(certificate.spki.subarray(0, P256_SPKI.length), P256_SPKI) || certificate.spki.length !== 91) {
    return 'its key is not an uncompressed point of EC P-256, the named curve';
  }
  return undefined;
}

/** Tells a name, DER, that has no attributes: the sequence of nothing. */
export function isEmptyName(name: Uint8Array): boolean {
  return name.length === 2;
}

/** The key, or undefined when the point is not on the curve. */
export function p256Key(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

export function isSignedBy(certificate: ParsedCertificate, issuerKey: KeyObject): boolean {
  return verify('sha256', certificate.tbs, issuerKey, certificate.signature);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** AlgorithmIdentifier without parameters, RFC 5758 section 3.2. */
export const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
/**
 * SubjectPublicKeyInfo up to the point: id-ecPublicKey, prime256v1 (RFC 5480), and the tag of an
 * uncompressed point.
 */
const P256_SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
