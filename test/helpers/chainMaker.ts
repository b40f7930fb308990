/**
 * Makes CAs and leaves that are good but for the change of a test, on both sides of a connection. A
 * chain costs one signature.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { PeerRefusalReason } from '../../daemons/peers/peerRefused.ts';
import {
  ALGORITHM,
  ascii,
  bits,
  bool,
  type CertificateParts,
  commonName,
  der,
  dns,
  extension,
  generalizedTime,
  int,
  ip,
  newSerial,
  octets,
  oid,
  seq,
  spkiOf,
  uri,
  utcTime,
  version,
  writeCertificate,
} from './x509Writer.ts';

export type Side = 'client' | 'server';

export interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

export interface Ca {
  der: Uint8Array;
  key: Pair;
  name: Uint8Array;
  keyId: Uint8Array;
}

export interface Chain {
  name: string;
  /** The CA that the door trusts. */
  ca: Ca;
  /** Leaf first; empty = the peer shows nothing. */
  chain: Uint8Array[];
  key: KeyObject;
}

export interface BadChain extends Chain {
  reason: PeerRefusalReason;
  detail: RegExp;
  /**
   * The leaf is good and only the part after it is wrong. Node does not show that at a TLS door,
   * QUIC does.
   */
  afterLeaf: boolean;
}

const DAY = 86_400_000;
const now = Date.now();
export const at = (days: number) => new Date(Math.floor((now + days * DAY) / 1000) * 1000);
export const ID = {
  ski: '2.5.29.14',
  ku: '2.5.29.15',
  san: '2.5.29.17',
  bc: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policyMappings: '2.5.29.33',
  aki: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  eku: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
};
export const CLIENT = '1.3.6.1.5.5.7.3.2';
export const SERVER = '1.3.6.1.5.5.7.3.1';
export const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
export const ANY = '2.5.29.37.0';
export const unedited = { editTbs: (x: Buffer) => x, editSignature: (x: Uint8Array) => x, editWhole: (x: Buffer) => x };
export const ec = (namedCurve = 'P-256'): Pair => generateKeyPairSync('ec', { namedCurve });
export const keyIdOf = ({ publicKey }: Pair) => spkiOf(publicKey).subarray(-20);

export function makeCa(change: Partial<CertificateParts> & { key?: Pair; text?: string } = {}): Ca {
  const { key = ec(), text = 'Test CA', ...parts } = change;
  const name = commonName(text);
  const keyId = keyIdOf(key);
  const certificate = writeCertificate({
    version: version(3),
    serial: newSerial(),
    innerAlgorithm: ALGORITHM.ecdsaSha256,
    outerAlgorithm: ALGORITHM.ecdsaSha256,
    hash: 'sha256',
    signer: key.privateKey,
    issuer: name,
    subject: name,
    notBefore: utcTime(at(-20)),
    notAfter: utcTime(at(3000)),
    spki: spkiOf(key.publicKey),
    uniqueId: Buffer.of(),
    extensions: caExtensions(keyId),
    tbsTail: Buffer.of(),
    ...unedited,
    ...parts,
  });
  return { der: certificate, key, name, keyId };
}

export function caExtensions(keyId: Uint8Array, without: string[] = []): Uint8Array[] {
  const all: Record<string, Uint8Array> = {
    [ID.bc]: extension(ID.bc, seq(bool(true), int(0)), true),
    [ID.ku]: extension(ID.ku, bits(1, 0x06), true),
    [ID.ski]: extension(ID.ski, octets(keyId)),
    [ID.aki]: extension(ID.aki, seq(der(0x80, keyId))),
  };
  return Object.keys(all).flatMap((id) => (without.includes(id) ? [] : [all[id] ?? Buffer.of()]));
}

/** Extensions of a good leaf by name, so that a case can replace or drop one. */
export interface LeafExtensions {
  bc: Uint8Array | null;
  ku: Uint8Array | null;
  eku: Uint8Array | null;
  san: Uint8Array | null;
  ski: Uint8Array | null;
  aki: Uint8Array | null;
  more: Uint8Array[];
}

type LeafChange = Partial<Omit<CertificateParts, 'extensions'>> & {
  extensions?: Partial<LeafExtensions> | null;
  key?: Pair;
  ca?: Ca;
};

/** The makings of one side of one world. */
export class ChainMaker {
  readonly ca: Ca;
  readonly side: Side;
  readonly leafKey = ec();

  constructor(ca: Ca, side: Side) {
    this.ca = ca;
    this.side = side;
  }

  get role(): string {
    return this.side === 'client' ? 'tenant' : 'cell';
  }

  get usage(): string {
    return this.side === 'client' ? CLIENT : SERVER;
  }

  get hosts(): Uint8Array[] {
    return this.side === 'client' ? [] : [dns('localhost'), ip(127, 0, 0, 1)];
  }

  san(...names: Uint8Array[]): Uint8Array {
    return extension(ID.san, seq(...names));
  }

  leaf(change: LeafChange = {}): Uint8Array {
    const { key = this.leafKey, ca = this.ca, extensions, ...parts } = change;
    const good: LeafExtensions = {
      bc: extension(ID.bc, seq(), true),
      ku: extension(ID.ku, bits(7, 0x80), true),
      eku: extension(ID.eku, seq(oid(this.usage))),
      san: this.san(uri(`grafos://${this.role}/someone`), ...this.hosts),
      ski: extension(ID.ski, octets(keyIdOf(key))),
      aki: extension(ID.aki, seq(der(0x80, ca.keyId))),
      more: [],
    };
    const { more, ...named } = { ...good, ...extensions };
    return writeCertificate({
      version: version(3),
      serial: newSerial(),
      innerAlgorithm: ALGORITHM.ecdsaSha256,
      outerAlgorithm: ALGORITHM.ecdsaSha256,
      hash: 'sha256',
      signer: ca.key.privateKey,
      issuer: ca.name,
      subject: commonName('someone'),
      notBefore: utcTime(at(-1)),
      notAfter: utcTime(at(10)),
      spki: spkiOf(key.publicKey),
      uniqueId: Buffer.of(),
      extensions: extensions === null ? null : [...Object.values(named).filter((one) => one !== null), ...more],
      tbsTail: Buffer.of(),
      ...unedited,
      ...parts,
    });
  }
}

/** Chains that must pass at both doors. */
export function goodChains(maker: ChainMaker): Chain[] {
  const { ca, leafKey } = maker;
  const longCa = makeCa({ notAfter: generalizedTime(new Date('2055-01-01T00:00:00Z')) });
  const longMaker = new ChainMaker(longCa, maker.side);
  const good = (name: string, ...chain: Uint8Array[]): Chain => ({ name, ca, chain, key: leafKey.privateKey });
  return [
    good('the leaf alone', maker.leaf()),
    good('the leaf and our CA', maker.leaf(), ca.der),
    good(
      'an unknown extension that is not critical',
      maker.leaf({ extensions: { more: [extension('1.3.6.1.4.1.99999.1', octets(Buffer.of(1)))] } }),
    ),
    good('no basicConstraints, which says the same as CA:FALSE', maker.leaf({ extensions: { bc: null } })),
    { name: 'a CA that ends after 2049', ca: longCa, chain: [longMaker.leaf()], key: longMaker.leafKey.privateKey },
    good('a serial of one octet', maker.leaf({ serial: int(1) })),
    good(
      'an empty subject beside critical alternative names',
      maker.leaf({
        subject: seq(),
        extensions: {
          san: extension(ID.san, seq(uri(`grafos://${maker.role}/someone`), ...maker.hosts), true),
        },
      }),
    ),
    good(
      'a subject of two sets, one of two attributes',
      maker.leaf({
        subject: seq(
          der(0x31, seq(oid('2.5.4.6'), ascii(0x13, 'CH'))),
          der(0x31, seq(oid('2.5.4.3'), ascii(0x0c, 'x')), seq(oid('2.5.4.10'), ascii(0x0c, 'x'))),
        ),
      }),
    ),
  ];
}

export const UNFIT = 'client_certificate_unfit';
export const UNTRUSTED = 'client_certificate_untrusted';
export const EXPIRED = 'client_certificate_expired';
export type Outcome = [reason: PeerRefusalReason, detail: RegExp];

export function leafCase(maker: ChainMaker, name: string, change: LeafChange, ...[reason, detail]: Outcome): BadChain {
  const key = (change.key ?? maker.leafKey).privateKey;
  return { name, ca: maker.ca, chain: [maker.leaf(change)], key, reason, detail, afterLeaf: false };
}
