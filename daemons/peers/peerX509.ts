/**
 * An X.509 certificate (RFC 5280 section 4.1), read strictly into the fields that decide whether it
 * may be a peer's.
 *
 * X509Certificate of node:crypto shows too little of it: no version, no algorithms, no critical
 * flags, and no extensions that it does not know. Reading judges form only; {@link checkPeerChain}
 * judges the content.
 */
import {
  DER,
  DerInvalidError,
  DerReader,
  derBitString,
  derBoolean,
  derInteger,
  derOid,
  derTime,
  printable,
  readWhole,
} from './peerDer.ts';
import { checkName } from './peerName.ts';

export interface ParsedCertificate {
  der: Uint8Array;
  /** The signed part. */
  tbs: Uint8Array;
  /** 1, 2 or 3. */
  version: number;
  serial: Uint8Array;
  /** Whole AlgorithmIdentifiers, DER: the one inside the signed part and the one beside it. */
  innerAlgorithm: Uint8Array;
  outerAlgorithm: Uint8Array;
  /** Names, DER. */
  issuer: Uint8Array;
  subject: Uint8Array;
  notBefore: Date;
  notAfter: Date;
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  signature: Uint8Array;
  /** By dotted object identifier; a certificate that has one twice does not parse. */
  extensions: Map<string, Extension>;
  /** Null where the extension is absent. */
  basicConstraints: { ca: boolean; pathLength: number | null } | null;
  /** Bit numbers of RFC 5280 section 4.2.1.3. */
  keyUsage: Set<number> | null;
  extendedKeyUsage: string[] | null;
  subjectAltName: AltName[] | null;
  subjectKeyId: Uint8Array | null;
  authorityKeyId: { keyId: Uint8Array | null; hasIssuer: boolean } | null;
}

export interface Extension {
  critical: boolean;
  value: Uint8Array;
}

export type AltName =
  | { kind: 'uri'; text: string }
  | { kind: 'dns'; text: string }
  /** 4 or 16 octets. */
  | { kind: 'ip'; octets: Uint8Array }
  | { kind: 'other'; tag: number };

export const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policyMappings: '2.5.29.33',
  authorityKeyId: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
} as const;

/** Throws DerInvalidError. Costs about 20 microseconds and touches no key. */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  const outer = new DerReader(readWhole(der, DER.sequence, 'the certificate').content);
  const tbs = outer.read(DER.sequence, 'the signed part');
  const outerAlgorithm = outer.read(DER.sequence, 'the signature algorithm').whole;
  const signature = derBitString(outer.read(DER.bitString, 'the signature').content, 'the signature');
  outer.end('the signature');
  if (signature.unusedBits !== 0) throw new DerInvalidError('the signature has unused bits');

  const inner = new DerReader(tbs.content);
  const version = readVersion(inner);
  const serial = derInteger(inner.read(DER.integer, 'the serial number').content, 'the serial number');
  const innerAlgorithm = inner.read(DER.sequence, 'the inner signature algorithm').whole;
  const issuer = readName(inner, 'the issuer');
  const validity = new DerReader(inner.read(DER.sequence, 'the validity').content);
  const notBefore = derTime(validity.readAny('notBefore'), 'notBefore');
  const notAfter = derTime(validity.readAny('notAfter'), 'notAfter');
  validity.end('the validity');
  const subject = readName(inner, 'the subject');
  const spki = inner.read(DER.sequence, 'the public key').whole;
  for (const tag of [0x81, 0x82]) {
    if (inner.readIf(tag, 'a unique identifier') !== undefined) throw new DerInvalidError('it has a unique identifier');
  }
  const wrapped = inner.readIf(0xa3, 'the extensions');
  inner.end('the extensions');
  const extensions = wrapped === undefined ? new Map<string, Extension>() : readExtensions(wrapped.content);

  const value = <T>(id: string, read: (bytes: Uint8Array) => T): T | null => {
    const found = extensions.get(id);
    return found === undefined ? null : read(found.value);
  };
  return {
    der,
    tbs: tbs.whole,
    version,
    serial,
    innerAlgorithm,
    outerAlgorithm,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    signature: signature.bytes,
    extensions,
    basicConstraints: value(EXTENSION.basicConstraints, readBasicConstraints),
    keyUsage: value(EXTENSION.keyUsage, readKeyUsage),
    extendedKeyUsage: value(EXTENSION.extendedKeyUsage, readExtendedKeyUsage),
    subjectAltName: value(EXTENSION.subjectAltName, readAltNames),
    subjectKeyId: value(EXTENSION.subjectKeyId, readKeyId),
    authorityKeyId: value(EXTENSION.authorityKeyId, readAuthorityKeyId),
  };
}

function readName(reader: DerReader, what: string): Uint8Array {
  const name = reader.read(DER.sequence, what);
  checkName(name.content, what);
  return name.whole;
}

function readVersion(reader: DerReader): number {
  const explicit = reader.readIf(0xa0, 'the version');
  if (explicit === undefined) return 1;
  const [number, ...more] = derInteger(readWhole(explicit.content, DER.integer, 'the version').content, 'the version');
  // Version 1 is the default, which DER leaves out.
  if ((number !== 1 && number !== 2) || more.length > 0) throw new DerInvalidError('the version is unknown');
  return number + 1;
}

function readExtensions(bytes: Uint8Array): Map<string, Extension> {
  const list = new DerReader(readWhole(bytes, DER.sequence, 'the extensions').content);
  if (list.done) throw new DerInvalidError('the list of extensions is empty');
  const extensions = new Map<string, Extension>();
  while (!list.done) {
    const reader = new DerReader(list.read(DER.sequence, 'an extension').content);
    const id = derOid(reader.read(DER.oid, 'an extension').content, 'an extension');
    const flag = reader.readIf(DER.boolean, `the critical flag of ${id}`);
    if (flag !== undefined && !derBoolean(flag.content, `the critical flag of ${id}`)) {
      throw new DerInvalidError(`extension ${id} spells out a false critical flag`);
    }
    const { content } = reader.read(DER.octetString, `extension ${id}`);
    reader.end(`extension ${id}`);
    if (extensions.has(id)) throw new DerInvalidError(`extension ${id} stands twice`);
    extensions.set(id, { critical: flag !== undefined, value: content });
  }
  return extensions;
}

function readBasicConstraints(bytes: Uint8Array): NonNullable<ParsedCertificate['basicConstraints']> {
  const reader = new DerReader(readWhole(bytes, DER.sequence, 'basicConstraints').content);
  const flag = reader.readIf(DER.boolean, 'basicConstraints');
  if (flag !== undefined && !derBoolean(flag.content, 'basicConstraints')) {
    throw new DerInvalidError('basicConstraints spells out a false CA flag');
  }
  const length = reader.readIf(DER.integer, 'the path length');
  reader.end('basicConstraints');
  if (length === undefined) return { ca: flag !== undefined, pathLength: null };
  const [octet, ...more] = derInteger(length.content, 'the path length');
  if (octet === undefined || octet > 0x7f || more.length > 0)
    throw new DerInvalidError('the path length is out of range');
  return { ca: flag !== undefined, pathLength: octet };
}

function readKeyUsage(bytes: Uint8Array): Set<number> {
  const element = readWhole(bytes, DER.bitString, 'keyUsage');
  const { bytes: octets, unusedBits } = derBitString(element.content, 'keyUsage');
  const last = octets.at(-1) ?? 0;
  // A named bit list ends with a one (X.690 section 11.2.2); an empty one allows nothing (RFC 5280
  // section 4.2.1.3).
  if (octets.length === 0 || octets.length > 2 || ((last >> unusedBits) & 1) === 0) {
    throw new DerInvalidError('keyUsage is not in its shortest form or says nothing');
  }
  const bits = new Set<number>();
  octets.forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) bits.add(index * 8 + bit);
  });
  return bits;
}

function readExtendedKeyUsage(bytes: Uint8Array): string[] {
  const reader = new DerReader(readWhole(bytes, DER.sequence, 'extendedKeyUsage').content);
  const usages: string[] = [];
  while (!reader.done) {
    usages.push(derOid(reader.read(DER.oid, 'an extended key usage').content, 'an extended key usage'));
  }
  return usages;
}

/**
 * Reads the value of subjectAltName.
 *
 * @throws {DerInvalidError}
 */
export function readAltNames(bytes: Uint8Array): AltName[] {
  const reader = new DerReader(readWhole(bytes, DER.sequence, 'subjectAltName').content);
  const names: AltName[] = [];
  // RFC 5280 section 4.2.1.6: a sequence of one name at least.
  if (reader.done) throw new DerInvalidError('subjectAltName is empty');
  while (!reader.done) {
    const { tag, content } = reader.readAny('an alternative name');
    if (tag === 0x86) names.push({ kind: 'uri', text: ascii(content) });
    else if (tag === 0x82) names.push({ kind: 'dns', text: ascii(content) });
    else if (tag !== 0x87) names.push({ kind: 'other', tag });
    else if (content.length === 4 || content.length === 16) names.push({ kind: 'ip', octets: content });
    else throw new DerInvalidError(`an address of ${content.length} octets`);
  }
  return names;
}

/**
 * Reads an IA5String and accepts printable characters only: a NUL in a name has fooled many a
 * reader.
 */
function ascii(content: Uint8Array): string {
  const text = Buffer.from(content).toString('latin1');
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new DerInvalidError(`the alternative name "${printable(text)}" is empty or not printable`);
  return text;
}

function readKeyId(bytes: Uint8Array): Uint8Array {
  return readWhole(bytes, DER.octetString, 'subjectKeyIdentifier').content;
}

function readAuthorityKeyId(bytes: Uint8Array): NonNullable<ParsedCertificate['authorityKeyId']> {
  const reader = new DerReader(readWhole(bytes, DER.sequence, 'authorityKeyIdentifier').content);
  const keyId = reader.readIf(0x80, 'the authority key identifier')?.content ?? null;
  const hasIssuer = !reader.done;
  return { keyId, hasIssuer };
}
