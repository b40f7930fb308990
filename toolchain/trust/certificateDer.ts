/**
 * The bytes of an X.509 v3 certificate (RFC 5280) and of a request for one (RFC 2986).
 *
 * This is the only file that knows node-forge, of which it imports the ASN.1 and PEM parts alone.
 * Keys and signatures are node:crypto's; node-forge can sign with RSA only.
 */
import { createHash, type KeyObject, sign } from 'node:crypto';
// @ts-expect-error: node-forge has types for its whole only, and importing the whole costs tens of milliseconds at every start.
import asn1Part from 'node-forge/lib/asn1.js';
// @ts-expect-error: as above.
import pemPart from 'node-forge/lib/pem.js';
import { ipOctets } from '../../daemons/peers/peerAddress.ts';

const asn1: typeof import('node-forge').asn1 = asn1Part;
const pem: typeof import('node-forge').pem = pemPart;

export interface CertificateFields {
  /** Positive, at most 20 octets, big-endian. */
  serial: Uint8Array;
  /** Names, DER: see {@link encodeName}. The issuer's is the CA's subject byte for byte. */
  issuer: Uint8Array;
  subject: Uint8Array;
  /** Whole seconds; RFC 5280 has no finer time. */
  notBefore: Date;
  notAfter: Date;
  publicKey: KeyObject;
  /** Null for a leaf. */
  ca: { pathLength: number } | null;
  keyUsage: readonly KeyUsageBit[];
  /** Dotted object identifiers; empty = no such extension. */
  extendedKeyUsage: readonly string[];
  subjectAltName: { uris: readonly string[]; hosts: readonly string[] } | null;
  subjectKeyId: Uint8Array;
  authorityKeyId: Uint8Array;
}

/** Position of each bit, RFC 5280 section 4.2.1.3. */
const KEY_USAGE_BITS = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;
export type KeyUsageBit = keyof typeof KEY_USAGE_BITS;

/** The contents of a certificate signing request (PKCS #10, RFC 2986). */
export interface RequestFields {
  /** A name, DER: see {@link encodeName}. */
  subject: Uint8Array;
  subjectAltName: { uris: readonly string[]; hosts: readonly string[] };
  publicKey: KeyObject;
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const P256 = '1.2.840.10045.3.1.7';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_ID = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';

/** A signed certificate, DER. `signer` is the issuer's EC P-256 private key. */
export function encodeCertificate(fields: CertificateFields, signer: KeyObject): Uint8Array {
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const tbs = sequence(
    context(0, [integer([2])]),
    integer(fields.serial),
    algorithm,
    asn1.fromDer(bytesToBinary(fields.issuer)),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    asn1.fromDer(bytesToBinary(fields.subject)),
    publicKeyInfo(fields.publicKey),
    context(3, [sequence(...extensions(fields))]),
  );
  const signature = sign('sha256', toDer(tbs), signer);
  return toDer(sequence(tbs, algorithm, bitString(signature, 0)));
}

/** A signing request, DER, signed by the key that it is for. `signer` is its private half. */
export function encodeSigningRequest(fields: RequestFields, signer: KeyObject): Uint8Array {
  const wanted = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SET, true, [sequence(altNames(fields.subjectAltName))]);
  const info = sequence(
    integer([0]),
    asn1.fromDer(bytesToBinary(fields.subject)),
    publicKeyInfo(fields.publicKey),
    context(0, [sequence(oid(EXTENSION_REQUEST), wanted)]),
  );
  const signature = sign('sha256', toDer(info), signer);
  return toDer(sequence(info, sequence(oid(ECDSA_WITH_SHA256)), bitString(signature, 0)));
}

/** A distinguished name of one common name, DER. */
export function encodeName(commonName: string): Uint8Array {
  const text = bytesToBinary(Buffer.from(commonName, 'utf8'));
  const value = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.UTF8, false, text);
  const attributes = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SET, true, [sequence(oid(COMMON_NAME), value)]);
  return toDer(sequence(attributes));
}

export function certificateToPem(der: Uint8Array): string {
  return toPem('CERTIFICATE', der);
}

export function signingRequestToPem(der: Uint8Array): string {
  return toPem('CERTIFICATE REQUEST', der);
}

function toPem(type: string, der: Uint8Array): string {
  return pem.encode({ type, body: bytesToBinary(der) }).replaceAll('\r\n', '\n');
}

function publicKeyInfo(publicKey: KeyObject): Node {
  return sequence(sequence(oid(EC_PUBLIC_KEY), oid(P256)), bitString(point(publicKey), 0));
}

/** RFC 7093 section 2 method 1: the leftmost 160 bits of the SHA-256 of the public key's bits. */
export function keyIdentifier(publicKey: KeyObject): Uint8Array {
  return createHash('sha256').update(point(publicKey)).digest().subarray(0, 20);
}

/** The uncompressed point: the last 65 bytes of a P-256 key's SubjectPublicKeyInfo. */
function point(publicKey: KeyObject): Uint8Array {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
}

function extensions(fields: CertificateFields): Node[] {
  const list = [
    extension(
      BASIC_CONSTRAINTS,
      true,
      // DER leaves a FALSE out: the sequence of a leaf is empty.
      sequence(...(fields.ca === null ? [] : [boolean(true), integer([fields.ca.pathLength])])),
    ),
    extension(KEY_USAGE, true, keyUsage(fields.keyUsage)),
  ];
  if (fields.extendedKeyUsage.length > 0) {
    list.push(extension(EXTENDED_KEY_USAGE, false, sequence(...fields.extendedKeyUsage.map(oid))));
  }
  if (fields.subjectAltName !== null) list.push(altNames(fields.subjectAltName));
  list.push(
    extension(SUBJECT_KEY_ID, false, octets(bytesToBinary(fields.subjectKeyId))),
    extension(AUTHORITY_KEY_ID, false, sequence(contextBytes(0, bytesToBinary(fields.authorityKeyId)))),
  );
  return list;
}

function altNames({ uris, hosts }: NonNullable<CertificateFields['subjectAltName']>): Node {
  return extension(SUBJECT_ALT_NAME, false, sequence(...uris.map((uri) => contextBytes(6, uri)), ...hosts.map(host)));
}

function extension(id: string, critical: boolean, value: Node): Node {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(asn1.toDer(value).getBytes()));
}

/** A named bit list: DER drops trailing zero bits (X.690 section 11.2.2). */
function keyUsage(bits: readonly KeyUsageBit[]): Node {
  let byte = 0;
  let last = 0;
  for (const bit of bits) {
    byte |= 0x80 >> KEY_USAGE_BITS[bit];
    last = Math.max(last, KEY_USAGE_BITS[bit]);
  }
  return bitString(Uint8Array.of(byte), 7 - last);
}

/** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). */
function time(date: Date): Node {
  return date.getUTCFullYear() < 2050
    ? asn1.create(asn1.Class.UNIVERSAL, asn1.Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(asn1.Class.UNIVERSAL, asn1.Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

/** dNSName [2] or iPAddress [7]. */
function host(name: string): Node {
  const octets = ipOctets(name);
  return octets === undefined ? contextBytes(2, name) : contextBytes(7, bytesToBinary(octets));
}

type Node = ReturnType<typeof asn1.create>;

function sequence(...children: Node[]): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, children);
}

function context(tag: number, children: Node[]): Node {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, true, children);
}

function contextBytes(tag: number, binary: string): Node {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, false, binary);
}

function oid(dotted: string): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(dotted).getBytes());
}

function integer(bigEndian: Uint8Array | readonly number[]): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.INTEGER, false, bytesToBinary(Uint8Array.from(bigEndian)));
}

function boolean(value: boolean): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BOOLEAN, false, value ? '\xff' : '\x00');
}

function octets(binary: string): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, binary);
}

function bitString(bytes: Uint8Array, unusedBits: number): Node {
  const binary = String.fromCharCode(unusedBits) + bytesToBinary(bytes);
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, binary);
}

function toDer(node: Node): Uint8Array {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}

/** node-forge keeps bytes in strings, one character a byte. */
function bytesToBinary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
