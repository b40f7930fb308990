import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isIP } from 'node:net';
import { GrafosError } from '../../base/grafosError.ts';
import { ECDSA_WITH_SHA256, sameBytes } from '../../daemons/peers/peerCa.ts';
import {
  DER,
  DerInvalidError,
  DerReader,
  derBitString,
  derInteger,
  derOid,
  readWhole,
} from '../../daemons/peers/peerDer.ts';
import { type AltName, EXTENSION, readAltNames } from '../../daemons/peers/peerX509.ts';
import { isPeerRole, PEER_NAME, type PeerRole } from '../../daemons/wire/peerRole.ts';
import { encodeName, encodeSigningRequest, signingRequestToPem } from './certificateDer.ts';

/** The contents of a signing request. Only its key is proved. */
export interface SigningRequest {
  role: PeerRole;
  name: string;
  /** DNS names and IP addresses. */
  hosts: string[];
  publicKey: KeyObject;
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
/** Bytes of the longest request that is read. Ours have some 400. */
const REQUEST_BYTES_MAX = 8192;
const HOSTS_MAX = 32;
const REQUEST_PEM = /^-----BEGIN CERTIFICATE REQUEST-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE REQUEST-----$/gm;

/** Makes the request for a certificate of a key that stays here, in PEM. */
export function makeSigningRequest(wanted: Omit<SigningRequest, 'publicKey'>, privateKey: KeyObject): string {
  const { role, name, hosts } = wanted;
  const subjectAltName = { uris: [`grafos://${role}/${name}`], hosts };
  const publicKey = createPublicKey(privateKey);
  return signingRequestToPem(
    encodeSigningRequest({ subject: encodeName(name), subjectAltName, publicKey }, privateKey),
  );
}

/**
 * Reads the requests in a PEM text. Each one is signed by the key that it asks a certificate for.
 *
 * @throws {GrafosError} signing_request_unfit
 */
export function readSigningRequests(pem: string): SigningRequest[] {
  if (pem.length > 4 * REQUEST_BYTES_MAX) throw unfit(`The file has ${pem.length} characters.`);
  const requests = [...pem.replaceAll('\r\n', '\n').matchAll(REQUEST_PEM)];
  if (requests.length === 0) throw unfit('It has no block "CERTIFICATE REQUEST".');
  try {
    return requests.map(([, base64 = '']) => readRequest(Buffer.from(base64, 'base64')));
  } catch (cause) {
    if (!(cause instanceof DerInvalidError)) throw cause;
    throw unfit(`${cause.message.charAt(0).toUpperCase()}${cause.message.slice(1)}.`, cause);
  }
}

function readRequest(der: Uint8Array): SigningRequest {
  const outer = new DerReader(readWhole(der, DER.sequence, 'the request').content);
  const info = outer.read(DER.sequence, 'the signed part');
  if (!sameBytes(outer.read(DER.sequence, 'the signature algorithm').whole, ECDSA_WITH_SHA256))
    throw new DerInvalidError('its signature algorithm is not ecdsa-with-SHA256');
  const { bytes: signature, unusedBits } = derBitString(
    outer.read(DER.bitString, 'the signature').content,
    'the signature',
  );
  if (unusedBits !== 0) throw new DerInvalidError('its signature has unused bits');
  outer.end('the signature');

  const inner = new DerReader(info.content);
  const version = derInteger(inner.read(DER.integer, 'the version').content, 'the version');
  if (version.length !== 1 || version[0] !== 0) throw new DerInvalidError('its version is unknown');
  inner.read(DER.sequence, 'the subject');
  const publicKey = p256Key(inner.read(DER.sequence, 'the public key').whole);
  const attributes = inner.read(0xa0, 'the attributes').content;
  inner.end('the attributes');
  if (!verify('sha256', info.whole, publicKey, signature))
    throw new DerInvalidError('its signature is not of its own key');
  return { ...readNames(readAltNames(altNamesOf(attributes))), publicKey };
}

function p256Key(spki: Uint8Array): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new DerInvalidError('its public key cannot be read');
  }
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new DerInvalidError('its key is not EC P-256');
}

/** Finds the value of subjectAltName in the one attribute of a request. */
function altNamesOf(attributes: Uint8Array): Uint8Array {
  const attribute = new DerReader(readWhole(attributes, DER.sequence, 'the attribute').content);
  const id = derOid(attribute.read(DER.oid, 'the attribute').content, 'the attribute');
  if (id !== EXTENSION_REQUEST) throw new DerInvalidError(`it has the attribute ${id}`);
  const values = attribute.read(0x31, 'the attribute').content;
  attribute.end('the attribute');
  const list = readWhole(values, DER.sequence, 'the extensions').content;
  const extension = new DerReader(readWhole(list, DER.sequence, 'the extension').content);
  const extensionId = derOid(extension.read(DER.oid, 'the extension').content, 'the extension');
  if (extensionId !== EXTENSION.subjectAltName) throw new DerInvalidError(`it asks for the extension ${extensionId}`);
  const { content } = extension.read(DER.octetString, 'the extension');
  extension.end('the extension');
  return content;
}

function readNames(names: readonly AltName[]): Omit<SigningRequest, 'publicKey'> {
  const [first, ...more] = names;
  const [, role = '', name = ''] = first?.kind === 'uri' ? (/^grafos:\/\/([a-z]+)\/(.+)$/.exec(first.text) ?? []) : [];
  if (!isPeerRole(role) || !PEER_NAME.test(name)) throw new DerInvalidError('it names no role and name of grafOS');
  if (more.length > HOSTS_MAX) throw new DerInvalidError(`it names ${more.length} hosts, more than ${HOSTS_MAX}`);
  return { role, name, hosts: more.map(hostOf) };
}

function hostOf(name: AltName): string {
  if (name.kind === 'dns') return name.text;
  if (name.kind !== 'ip') throw new DerInvalidError('it has an alternative name that is no host');
  const bytes = [...name.octets];
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  const text = groups.join(':');
  if (isIP(text) !== 6) throw new DerInvalidError('it has an address that cannot be read');
  return text;
}

function unfit(why: string, cause?: unknown): GrafosError {
  return new GrafosError('signing_request_unfit', 'The signing request cannot be used.', {
    why,
    next: 'Give the file request.pem that `grafos cell init` or `grafos cell renew` wrote.',
    cause,
  });
}
