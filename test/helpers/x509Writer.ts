/**
 * Writes X.509 certificates of any shape, right or wrong, for tests of refusals. It shares no code
 * with the tested code.
 */
import { type KeyObject, randomBytes, sign } from 'node:crypto';

/** One DER element; a length of any size, in its shortest form. */
export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, content]);
}

export const seq = (...parts: Uint8Array[]) => der(0x30, ...parts);
export const int = (...octets: number[]) => der(0x02, Buffer.from(octets));
export const bool = (value: boolean) => der(0x01, Buffer.of(value ? 0xff : 0));
export const octets = (bytes: Uint8Array) => der(0x04, bytes);
export const bits = (unused: number, ...bytes: number[]) => der(0x03, Buffer.of(unused, ...bytes));
export const ascii = (tag: number, text: string) => der(tag, Buffer.from(text, 'latin1'));
export const uri = (text: string) => ascii(0x86, text);
export const dns = (text: string) => ascii(0x82, text);
export const ip = (...octets: number[]) => der(0x87, Buffer.from(octets));

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return der(0x06, Buffer.from(arcs));
}

/** A name of one common name; `tag` is its string type: 0x0c UTF8String, 0x13 PrintableString. */
export const commonName = (text: string, tag = 0x0c) => seq(der(0x31, seq(oid('2.5.4.3'), ascii(tag, text))));

export const extension = (id: string, value: Uint8Array, critical = false) =>
  seq(oid(id), ...(critical ? [bool(true)] : []), octets(value));

const digits = (date: Date) => date.toISOString().replace(/[-:T]|\.\d+/g, '');
export const utcTime = (date: Date) => ascii(0x17, digits(date).slice(2));
export const generalizedTime = (date: Date) => ascii(0x18, digits(date));

/** AlgorithmIdentifiers. */
export const ALGORITHM = {
  ecdsaSha1: seq(oid('1.2.840.10045.4.1')),
  ecdsaSha256: seq(oid('1.2.840.10045.4.3.2')),
  ecdsaSha384: seq(oid('1.2.840.10045.4.3.3')),
  ecdsaSha512: seq(oid('1.2.840.10045.4.3.4')),
  ecdsaSha256WithNull: seq(oid('1.2.840.10045.4.3.2'), der(0x05)),
  rsaSha256: seq(oid('1.2.840.113549.1.1.11'), der(0x05)),
};

export interface CertificateParts {
  /** The [0] wrapper and its number; empty = version 1. */
  version: Uint8Array;
  serial: Uint8Array;
  innerAlgorithm: Uint8Array;
  outerAlgorithm: Uint8Array;
  /** The hash of the real signature. */
  hash: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  signer: KeyObject;
  issuer: Uint8Array;
  notBefore: Uint8Array;
  notAfter: Uint8Array;
  subject: Uint8Array;
  spki: Uint8Array;
  /** A field between public key and extensions. */
  uniqueId: Uint8Array;
  /** Whole extensions, DER; null = no [3] at all. */
  extensions: Uint8Array[] | null;
  /** After everything else of the signed part. */
  tbsTail: Uint8Array;
  /** Last word on the signed part before it is signed, on the signature, and on the whole. */
  editSignature(signature: Uint8Array): Uint8Array;
  editTbs(tbs: Buffer): Uint8Array;
  editWhole(certificate: Buffer): Uint8Array;
}

export const version = (number: number) => der(0xa0, int(number - 1));

export function newSerial(octets = 20): Buffer {
  const serial = randomBytes(octets);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  return der(0x02, serial);
}

export function writeCertificate(parts: CertificateParts): Uint8Array {
  const tbs = parts.editTbs(
    seq(
      parts.version,
      parts.serial,
      parts.innerAlgorithm,
      parts.issuer,
      seq(parts.notBefore, parts.notAfter),
      parts.subject,
      parts.spki,
      parts.uniqueId,
      ...(parts.extensions === null ? [] : [der(0xa3, seq(...parts.extensions))]),
      parts.tbsTail,
    ),
  );
  const signature = parts.editSignature(sign(parts.hash, tbs, parts.signer));
  return parts.editWhole(seq(tbs, parts.outerAlgorithm, bits(0, ...signature)));
}

export function toPem(certificate: Uint8Array): string {
  const body = Buffer.from(certificate)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

export const spkiOf = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
export const keyPemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
