import { generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import { ipOctets, isDnsName } from '../../daemons/peers/peerAddress.ts';
import { readCa, type TrustedCa } from '../../daemons/peers/peerCa.ts';
import { DerInvalidError } from '../../daemons/peers/peerDer.ts';
import { privateKeyOf } from '../../daemons/peers/privateKeyOf.ts';
import { LEAF_DAYS_MAX, PEER_NAME, type PeerRole, ROLE_USAGES, USAGE_OID } from '../../daemons/wire/peerRole.ts';
import { certificateToPem, encodeCertificate, encodeName, keyIdentifier } from './certificateDer.ts';

export interface LeafRequest {
  role: PeerRole;
  /** Tenant or admin name, or cell id: {@link PEER_NAME}. */
  name: string;
  /** Server roles only: DNS names and addresses besides `localhost`, `127.0.0.1` and `::1`. */
  hosts?: readonly string[];
  /** 1 to {@link LEAF_DAYS_MAX}. The leaf ends no later than its CA, whatever is asked. */
  days: number;
}

export interface LeafCertificate {
  certPem: string;
  /** PKCS#8. */
  keyPem: string;
  certDer: Uint8Array;
  notAfter: Date;
}

/**
 * A CA of this project: EC P-256, signs leaves and nothing else. The key stays in this object
 * unless {@link exportKeyPem} is called.
 */
export interface Authority {
  readonly certPem: string;
  readonly certDer: Uint8Array;
  readonly notAfter: Date;
  /** A new key and its certificate. Throws GrafosError `certificate_request_invalid`. */
  issue(request: LeafRequest): LeafCertificate;
  /**
   * A certificate for a key that another machine keeps.
   *
   * @param publicKey EC P-256; the caller has the proof that its owner asks
   * @throws {GrafosError} certificate_request_invalid
   */
  issueFor(request: LeafRequest, publicKey: KeyObject): Omit<LeafCertificate, 'keyPem'>;
  /** PKCS#8. Only for a CA its owner keeps; never call it for a dev stack. */
  exportKeyPem(): string;
}

/** Longest life of a CA, days. */
export const CA_DAYS_MAX = 3650;

/** Peers' clocks may be a little behind ours. */
const BACKDATED_MS = 60_000;
const DAY_MS = 86_400_000;
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '::1'];

/**
 * A new CA. `name` is its subject, 1 to 64 characters; `days` 1 to {@link CA_DAYS_MAX}.
 * Throws GrafosError `certificate_request_invalid`.
 */
export function createAuthority(options: { name: string; days: number; now?: Date }): Authority {
  const { name, days, now = new Date() } = options;
  if (name.length === 0 || name.length > 64)
    throw invalid(`"${name}" has ${name.length} characters.`, 'Give a CA a name of 1 to 64 characters.');
  const { notBefore, notAfter } = validity(now, days, CA_DAYS_MAX);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyId = keyIdentifier(publicKey);
  const subject = encodeName(name);
  const certDer = encodeCertificate(
    {
      serial: newSerial(),
      issuer: subject,
      subject,
      notBefore,
      notAfter,
      publicKey,
      ca: { pathLength: 0 },
      keyUsage: ['keyCertSign', 'cRLSign'],
      extendedKeyUsage: [],
      subjectAltName: null,
      subjectKeyId: keyId,
      authorityKeyId: keyId,
    },
    privateKey,
  );
  return authority({ subject, certDer, keyId, privateKey, notBefore, notAfter });
}

/**
 * Loads a CA from its two PEM texts, as `grafos admin init-ca` wrote them.
 *
 * @throws {GrafosError} ca_unreadable, ca_unfit, ca_key_mismatch, ca_expired
 */
export function loadAuthority(certPem: string, keyPem: string, now = new Date()): Authority {
  const { x509, privateKey } = readPems(certPem, keyPem);
  const { certificate, subjectKeyId } = readUsableCa(x509.raw);
  const { notBefore, notAfter, subject } = certificate;
  if (!x509.checkPrivateKey(privateKey)) {
    throw new GrafosError('ca_key_mismatch', 'The CA key does not belong to the CA certificate.', {
      next: 'Give the ca.pem and ca-key.pem of the same folder.',
    });
  }
  if (now > notAfter || now < notBefore) {
    const span = `from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
    throw new GrafosError('ca_expired', `The CA is valid ${span} only.`, {
      why: `It is ${now.toISOString()} now.`,
      next: 'Make a new one: grafos admin init-ca --out DIR --days N, and issue its certificates anew.',
    });
  }
  return authority({ subject, certDer: x509.raw, keyId: subjectKeyId, privateKey, notBefore, notAfter });
}

function readPems(certPem: string, keyPem: string): { x509: X509Certificate; privateKey: KeyObject } {
  try {
    return { x509: new X509Certificate(certPem), privateKey: privateKeyOf(keyPem) };
  } catch (cause) {
    if (cause instanceof GrafosError) throw cause;
    throw new GrafosError('ca_unreadable', 'The CA certificate or its key cannot be read.', {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give the PEM files that `grafos admin init-ca` wrote: ca.pem and ca-key.pem.',
      cause,
    });
  }
}

/** The doors' own reading of a CA: what is issued here must pass there. */
function readUsableCa(certDer: Uint8Array): TrustedCa {
  try {
    return readCa(certDer);
  } catch (cause) {
    if (!(cause instanceof DerInvalidError)) throw cause;
    throw new GrafosError('ca_unfit', 'This certificate is not a CA that grafOS can issue from.', {
      why: cause.message,
      next: 'Make one: grafos admin init-ca --out DIR --days N',
      cause,
    });
  }
}

interface Parts {
  /** DER. */
  subject: Uint8Array;
  certDer: Uint8Array;
  keyId: Uint8Array;
  privateKey: KeyObject;
  notBefore: Date;
  notAfter: Date;
}

function authority(ca: Parts): Authority {
  return {
    certPem: certificateToPem(ca.certDer),
    certDer: ca.certDer,
    notAfter: ca.notAfter,
    issue(request) {
      checkRequest(request);
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return { ...issueLeaf(ca, request, publicKey), keyPem: keyToPem(privateKey) };
    },
    issueFor(request, publicKey) {
      checkRequest(request);
      return issueLeaf(ca, request, publicKey);
    },
    exportKeyPem: () => keyToPem(ca.privateKey),
  };
}

function issueLeaf(ca: Parts, request: LeafRequest, publicKey: KeyObject): Omit<LeafCertificate, 'keyPem'> {
  const usages = ROLE_USAGES[request.role];
  const wanted = validity(new Date(), request.days, LEAF_DAYS_MAX);
  const notBefore = new Date(Math.max(wanted.notBefore.getTime(), ca.notBefore.getTime()));
  const notAfter = new Date(Math.min(wanted.notAfter.getTime(), ca.notAfter.getTime()));
  const certDer = encodeCertificate(
    {
      serial: newSerial(),
      issuer: ca.subject,
      subject: encodeName(request.name),
      notBefore,
      notAfter,
      publicKey,
      ca: null,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: usages.map((usage) => USAGE_OID[usage]),
      subjectAltName: {
        uris: [`grafos://${request.role}/${request.name}`],
        hosts: usages.includes('server') ? [...new Set([...LOOPBACK_HOSTS, ...(request.hosts ?? [])])] : [],
      },
      subjectKeyId: keyIdentifier(publicKey),
      authorityKeyId: ca.keyId,
    },
    ca.privateKey,
  );
  return { certPem: certificateToPem(certDer), certDer, notAfter };
}

function checkRequest({ role, name, hosts = [] }: LeafRequest): void {
  if (!PEER_NAME.test(name)) {
    throw invalid(`"${name}" is no name for a ${role}.`, 'Give 1 to 63 of a-z 0-9 . _ -, a letter or digit first.');
  }
  if (hosts.length > 0 && !ROLE_USAGES[role].includes('server')) {
    throw invalid(`A ${role} certificate has no hosts.`, 'Leave the hosts out.');
  }
  for (const host of hosts) {
    if (ipOctets(host) === undefined && !isDnsName(host)) {
      throw invalid(
        `"${host}" is neither a lowercase DNS name nor an IP address.`,
        'Give each host by its name or address; wildcards are not issued.',
      );
    }
  }
}

/** First and last second of a life of `days`, both inclusive, as RFC 5280 counts. */
function validity(now: Date, days: number, daysMax: number): { notBefore: Date; notAfter: Date } {
  if (!Number.isInteger(days) || days < 1 || days > daysMax) {
    throw invalid(`${days} is no lifetime.`, `Give a whole number of days from 1 to ${daysMax}.`);
  }
  const from = Math.floor((now.getTime() - BACKDATED_MS) / 1000) * 1000;
  return { notBefore: new Date(from), notAfter: new Date(from + days * DAY_MS - 1000) };
}

/** 20 octets, 158 of them random bits: positive, and never shortened by a leading zero. */
function newSerial(): Uint8Array {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

function keyToPem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function invalid(why: string, next: string): GrafosError {
  return new GrafosError('certificate_request_invalid', 'The certificate cannot be issued as asked.', {
    why,
    next,
  });
}
