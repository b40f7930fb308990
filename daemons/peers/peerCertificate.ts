/**
 * The one judgement on a peer's certificate chain, at both ends of every mTLS connection, TLS and
 * QUIC alike.
 *
 * TLS libraries check that a chain leads to a root. This checks that it is exactly one of our
 * chains, made for the part that the peer plays. docs/internals/security.md lists the checks.
 */
import { createHash } from 'node:crypto';
import {
  isPeerRole,
  LEAF_DAYS_MAX,
  PEER_NAME,
  type PeerRole,
  type PeerUsage,
  ROLE_USAGES,
  USAGE_OID,
} from '../wire/peerRole.ts';
import { ipOctets, isDnsName } from './peerAddress.ts';
import {
  formProblem,
  isEmptyName,
  isSignedBy,
  KEY_USAGE_BIT,
  p256Key,
  readCa,
  sameBytes,
  type TrustedCa,
} from './peerCa.ts';
import { DerInvalidError, printable } from './peerDer.ts';
import { type PeerRefusalReason, PeerRefusedError } from './peerRefused.ts';
import { EXTENSION, type ParsedCertificate, parseCertificate } from './peerX509.ts';

interface PeerExpectationBase {
  /**
   * The one CA, DER. Only these very bytes are trusted. Keep one array per CA: the parsed CA is
   * cached for it.
   */
  caDer: Uint8Array;
  /** Roles the peer may have; all that fit the usage when left out. */
  roles?: readonly PeerRole[];
  /** The name the peer must have, such as a cell id. */
  name?: string;
  /** Only tests and replays say what time it is. */
  now?: Date;
}

/** `usage` is the side the *peer* is on. A server must carry the host that was asked for. */
export type PeerExpectation =
  | (PeerExpectationBase & { usage: 'client' })
  | (PeerExpectationBase & {
      usage: 'server';
      /** DNS name or IP address, without port; brackets around IPv6 are allowed. */
      host: string;
    });

export interface PeerIdentity {
  role: PeerRole;
  name: string;
  /** base64url SHA-256 of the leaf's DER: what `cnf.x5t#S256` binds to (RFC 8705 section 3.1). */
  x5tS256: string;
  /** Lower-case hex SHA-256 of the leaf's SubjectPublicKeyInfo. */
  spkiSha256: string;
  notAfter: Date;
}

/** Largest certificate, bytes. Ours are far smaller. A larger one is refused before it is read. */
const CERTIFICATE_BYTES_MAX = 8192;

/**
 * Identifies the peer from the chain it presented: its leaf, and after it nothing or our CA. It
 * takes about 0.2 ms, most of it for one signature: once for a connection, never for a request.
 *
 * @throws {PeerRefusedError}
 */
export function checkPeerChain(chain: readonly Uint8Array[] | null | undefined, expect: PeerExpectation): PeerIdentity {
  const refuse = (reason: PeerRefusalReason, detail: string): PeerRefusedError =>
    new PeerRefusedError(reason, detail, expect.usage);
  const [leafDer, second] = chain ?? [];
  if (chain === null || chain === undefined || leafDer === undefined) {
    throw refuse('client_certificate_missing', 'no certificate was presented');
  }

  const ca = trustedCa(expect.caDer, refuse);
  if (sameBytes(leafDer, expect.caDer))
    throw refuse('client_certificate_unfit', 'the CA itself is presented as a leaf');
  const leaf = readLeaf(leafDer, refuse);
  if (!sameBytes(leaf.issuer, ca.certificate.subject))
    throw refuse('client_certificate_untrusted', 'its issuer is not our CA');
  const form = formProblem(leaf);
  if (form !== undefined) throw refuse('client_certificate_unfit', form);
  const origin = originProblem(leaf, ca);
  if (origin !== undefined) throw refuse('client_certificate_untrusted', origin);
  if (chain.length > 2 || (second !== undefined && !sameBytes(second, expect.caDer))) {
    throw refuse('client_certificate_unfit', 'the chain holds more than the leaf and our CA');
  }
  const now = expect.now ?? new Date();
  const time = timeProblem(now, leaf, ca.certificate);
  if (time !== undefined) throw refuse('client_certificate_expired', time);
  const problem = lifetimeProblem(leaf, ca.certificate) ?? profileProblem(leaf);
  if (problem !== undefined) throw refuse('client_certificate_unfit', problem);
  const named = readNames(leaf);
  if ('problem' in named) throw refuse('client_certificate_unfit', named.problem);
  const part = usageProblem(leaf, named.role, expect) ?? hostProblem(leaf, expect);
  if (part !== undefined) throw refuse('client_certificate_unfit', part);
  if (expect.name !== undefined && named.name !== expect.name) {
    throw refuse('client_certificate_unfit', `it is named "${named.name}", not "${expect.name}"`);
  }
  return {
    role: named.role,
    name: named.name,
    x5tS256: createHash('sha256').update(leafDer).digest('base64url'),
    spkiSha256: createHash('sha256').update(leaf.spki).digest('hex'),
    notAfter: leaf.notAfter,
  };
}

type Refuse = (reason: PeerRefusalReason, detail: string) => PeerRefusedError;

function trustedCa(caDer: Uint8Array, refuse: Refuse): TrustedCa {
  try {
    return readCa(caDer);
  } catch (error) {
    if (!(error instanceof DerInvalidError)) throw error;
    throw refuse('client_certificate_untrusted', `the CA we were given is unfit: ${error.message}`);
  }
}

function readLeaf(der: Uint8Array, refuse: Refuse): ParsedCertificate {
  if (der.length > CERTIFICATE_BYTES_MAX) throw refuse('client_certificate_unfit', `it has ${der.length} bytes`);
  try {
    return parseCertificate(der);
  } catch (error) {
    if (!(error instanceof DerInvalidError)) throw error;
    throw refuse('client_certificate_unfit', `malformed: ${error.message}`);
  }
}

/**
 * Checks the signer. Only the form is judged before this. The content of the leaf counts for
 * nothing until it passes.
 */
function originProblem(leaf: ParsedCertificate, ca: TrustedCa): string | undefined {
  if (!isSignedBy(leaf, ca.publicKey)) return 'its signature is not by our CA';
  const keyId = leaf.authorityKeyId?.keyId ?? null;
  const isOfAnother = keyId !== null && !sameBytes(keyId, ca.subjectKeyId);
  return isOfAnother ? "its authority key identifier is another CA's" : undefined;
}

function timeProblem(now: Date, leaf: ParsedCertificate, ca: ParsedCertificate): string | undefined {
  for (const [who, { notBefore, notAfter }] of [['it', leaf] as const, ['our CA', ca] as const]) {
    if (now < notBefore) return `${who} is not valid before ${notBefore.toISOString()}`;
    // notAfter is the last second of validity, all of it.
    if (now.getTime() >= notAfter.getTime() + 1000)
      return `${who} has been out of date since ${notAfter.toISOString()}`;
  }
  return undefined;
}

function lifetimeProblem(leaf: ParsedCertificate, ca: ParsedCertificate): string | undefined {
  const seconds = (leaf.notAfter.getTime() - leaf.notBefore.getTime()) / 1000 + 1;
  if (seconds > LEAF_DAYS_MAX * 86_400) return `it lives longer than ${LEAF_DAYS_MAX} days`;
  const isInside = leaf.notBefore >= ca.notBefore && leaf.notAfter <= ca.notAfter;
  return isInside ? undefined : "its validity reaches outside our CA's";
}

/** Extensions that our leaves never have, critical or not. */
const CA_ONLY: readonly string[] = [
  EXTENSION.nameConstraints,
  EXTENSION.policyMappings,
  EXTENSION.policyConstraints,
  EXTENSION.inhibitAnyPolicy,
];

const UNDERSTOOD: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
];

function profileProblem(leaf: ParsedCertificate): string | undefined {
  const { basicConstraints, keyUsage, extensions } = leaf;
  for (const [id, { critical }] of extensions) {
    if (CA_ONLY.includes(id)) return `it has the extension ${id}, which only a CA may have`;
    if (critical && !UNDERSTOOD.includes(id))
      return `it has the critical extension ${id}, which must not be critical or is unknown`;
  }
  if (basicConstraints?.ca === true) return 'it is a CA';
  if (basicConstraints !== null && basicConstraints.pathLength !== null) return 'it has a path length and is no CA';
  if (keyUsage === null || extensions.get(EXTENSION.keyUsage)?.critical !== true) return 'it lacks a critical keyUsage';
  if (!keyUsage.has(KEY_USAGE_BIT.digitalSignature)) return 'its keyUsage lacks digitalSignature';
  if (keyUsage.has(KEY_USAGE_BIT.keyCertSign) || keyUsage.has(KEY_USAGE_BIT.cRLSign)) {
    return 'its keyUsage lets it sign certificates or revocation lists';
  }
  return keyIdProblem(leaf) ?? (p256Key(leaf.spki) === undefined ? 'its key is not on the curve P-256' : undefined);
}

function keyIdProblem({ authorityKeyId, subjectKeyId }: ParsedCertificate): string | undefined {
  if (subjectKeyId === null || subjectKeyId.length === 0) return 'it lacks a subject key identifier';
  if (authorityKeyId === null || authorityKeyId.keyId === null) return 'it lacks an authority key identifier';
  return authorityKeyId.hasIssuer ? 'its authority key identifier names more than a key' : undefined;
}

function readNames(leaf: ParsedCertificate): { role: PeerRole; name: string } | { problem: string } {
  if (leaf.subjectAltName === null) return { problem: 'it lacks a subjectAltName' };
  // RFC 5280 section 4.2.1.6: what has no subject is named by its alternative names alone, which
  // nobody may skip.
  if (isEmptyName(leaf.subject) && leaf.extensions.get(EXTENSION.subjectAltName)?.critical !== true) {
    return { problem: 'its subject is empty and its subjectAltName is not critical' };
  }
  const uris: string[] = [];
  for (const name of leaf.subjectAltName) {
    if (name.kind === 'other')
      return { problem: `it has an alternative name of a kind we do not use (tag 0x${name.tag.toString(16)})` };
    if (name.kind === 'dns' && name.text.includes('*')) return { problem: `its DNS name "${name.text}" is a wildcard` };
    if (name.kind === 'dns' && !isDnsName(name.text.toLowerCase()))
      return { problem: `its DNS name "${printable(name.text)}" is no host name` };
    if (name.kind === 'uri') uris.push(name.text);
  }
  const [uri] = uris;
  if (uri === undefined || uris.length !== 1) return { problem: `it has ${uris.length} URIs, not one` };
  const [, role = '', name = ''] = /^grafos:\/\/([a-z]+)\/(.+)$/.exec(uri) ?? [];
  if (!isPeerRole(role) || !PEER_NAME.test(name))
    return { problem: `its URI "${printable(uri)}" is not grafos://<role>/<name>` };
  return { role, name };
}

function usageProblem(leaf: ParsedCertificate, role: PeerRole, expect: PeerExpectation): string | undefined {
  const usages = leaf.extendedKeyUsage;
  if (usages === null || usages.length === 0) return 'it lacks an extended key usage';
  const wanted: PeerUsage = expect.usage;
  if (!usages.includes(USAGE_OID[wanted])) return `its extended key usage lacks ${wanted}Auth`;
  const allowed = ROLE_USAGES[role].map((usage) => USAGE_OID[usage]);
  const excess = usages.find((usage) => !allowed.includes(usage));
  if (excess !== undefined) return `its extended key usage has ${excess}, which is not for a ${role}`;
  if (new Set(usages).size !== usages.length) return 'its extended key usage names a usage twice';
  return expect.roles === undefined || expect.roles.includes(role)
    ? undefined
    : `its role is ${role}, not ${expect.roles.join(' or ')}`;
}

/** The names of RFC 9525, without wildcards and without a look at the common name. */
function hostProblem(leaf: ParsedCertificate, expect: PeerExpectation): string | undefined {
  const names = leaf.subjectAltName ?? [];
  if (expect.usage === 'client') return undefined;
  const host = expect.host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const octets = ipOctets(host);
  const isNamed = names.some((name) => {
    if (name.kind === 'ip') return octets !== undefined && sameBytes(name.octets, octets);
    return name.kind === 'dns' && octets === undefined && name.text.toLowerCase() === host;
  });
  return isNamed ? undefined : `it is not for the host "${printable(host)}"`;
}
