/**
 * Certificate chains that must be refused, each good but for one thing, and the few good ones beside them. Made for both sides: what a client
 * shows a server, and what a server shows a client. Keys are made once for a world; a chain costs one signature.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { PeerRefusalReason } from '../../daemons/protocol/peerRefused.ts';
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

interface Pair {
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
  /** The leaf is good and only what comes after it is wrong: Node does not show that at a TLS door, QUIC does. */
  afterLeaf: boolean;
}

const DAY = 86_400_000;
const now = Date.now();
const at = (days: number) => new Date(Math.floor((now + days * DAY) / 1000) * 1000);
const ID = {
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
const CLIENT = '1.3.6.1.5.5.7.3.2';
const SERVER = '1.3.6.1.5.5.7.3.1';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const ANY = '2.5.29.37.0';
const unedited = { editTbs: (x: Buffer) => x, editSignature: (x: Uint8Array) => x, editWhole: (x: Buffer) => x };
const ec = (namedCurve = 'P-256'): Pair => generateKeyPairSync('ec', { namedCurve });
const keyIdOf = ({ publicKey }: Pair) => spkiOf(publicKey).subarray(-20);

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

function caExtensions(keyId: Uint8Array, without: string[] = []): Uint8Array[] {
  const all: Record<string, Uint8Array> = {
    [ID.bc]: extension(ID.bc, seq(bool(true), int(0)), true),
    [ID.ku]: extension(ID.ku, bits(1, 0x06), true),
    [ID.ski]: extension(ID.ski, octets(keyId)),
    [ID.aki]: extension(ID.aki, seq(der(0x80, keyId))),
  };
  return Object.keys(all).flatMap((id) => (without.includes(id) ? [] : [all[id] ?? Buffer.of()]));
}

/** Extensions of a good leaf by name, so that a case can replace or drop one. */
interface LeafExtensions {
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
  ];
}

/** Chains that must be refused at both doors, for this side. */
export function badChains(maker: ChainMaker): BadChain[] {
  return [
    ...originCases(maker),
    ...caCases(maker),
    ...keyCases(maker),
    ...algorithmCases(maker),
    ...timeCases(maker),
    ...formCases(maker),
    ...usageCases(maker),
    ...nameCases(maker),
    ...extensionCases(maker),
  ];
}

const UNFIT = 'client_certificate_unfit';
const UNTRUSTED = 'client_certificate_untrusted';
const EXPIRED = 'client_certificate_expired';
type Outcome = [reason: PeerRefusalReason, detail: RegExp];

function leafCase(maker: ChainMaker, name: string, change: LeafChange, ...[reason, detail]: Outcome): BadChain {
  const key = (change.key ?? maker.leafKey).privateKey;
  return { name, ca: maker.ca, chain: [maker.leaf(change)], key, reason, detail, afterLeaf: false };
}

function originCases(maker: ChainMaker): BadChain[] {
  const { ca, leafKey } = maker;
  const other = makeCa({ text: 'Other CA' });
  const namesake = makeCa();
  const twin = makeCa({ key: ca.key });
  const middle = makeCa({ text: 'Middle CA', signer: ca.key.privateKey, issuer: ca.name });
  const leaf = maker.leaf();
  const wholeChain = (name: string, chain: Uint8Array[], ...[reason, detail]: Outcome): BadChain => ({
    name,
    ca,
    chain,
    key: leafKey.privateKey,
    reason,
    detail,
    afterLeaf: false,
  });
  const after = (name: string, ...rest: Uint8Array[]): BadChain => ({
    ...wholeChain(name, [leaf, ...rest], UNFIT, /more than the leaf and our CA/),
    afterLeaf: true,
  });
  const flipped = (signature: Uint8Array) =>
    Buffer.from(signature).fill((signature.at(-1) ?? 0) ^ 1, signature.length - 1);
  return [
    // A server always has a certificate to show; a client need not.
    ...(maker.side === 'client'
      ? [wholeChain('nothing shown', [], 'client_certificate_missing', /no certificate/)]
      : []),
    { ...wholeChain('our CA itself', [ca.der], UNFIT, /CA itself/), key: ca.key.privateKey },
    wholeChain('another CA', [maker.leaf({ ca: other })], UNTRUSTED, /issuer is not our CA/),
    wholeChain(
      'another CA, which comes along',
      [maker.leaf({ ca: other }), other.der],
      UNTRUSTED,
      /issuer is not our CA/,
    ),
    wholeChain('another CA of the same name', [maker.leaf({ ca: namesake })], UNTRUSTED, /signature is not by/),
    wholeChain(
      'another CA of the same name, which comes along',
      [maker.leaf({ ca: namesake }), namesake.der],
      UNTRUSTED,
      /signature is not by/,
    ),
    wholeChain(
      'self-signed',
      [maker.leaf({ signer: leafKey.privateKey, issuer: commonName('someone') })],
      UNTRUSTED,
      /issuer is not/,
    ),
    wholeChain(
      "signed by itself in our CA's name",
      [maker.leaf({ signer: leafKey.privateKey })],
      UNTRUSTED,
      /signature is not by/,
    ),
    wholeChain('an intermediate CA under ours', [maker.leaf({ ca: middle }), middle.der], UNTRUSTED, /issuer is not/),
    wholeChain(
      'an intermediate CA under ours, and ours',
      [maker.leaf({ ca: middle }), middle.der, ca.der],
      UNTRUSTED,
      /issuer is not/,
    ),
    wholeChain(
      'signed by a leaf of ours',
      [
        maker.leaf({ signer: leafKey.privateKey, issuer: commonName('someone'), spki: spkiOf(leafKey.publicKey) }),
        leaf,
      ],
      UNTRUSTED,
      /issuer is not/,
    ),
    wholeChain(
      'a flipped bit in the signature',
      [maker.leaf({ editSignature: flipped })],
      UNTRUSTED,
      /signature is not by/,
    ),
    wholeChain(
      'an empty signature',
      [maker.leaf({ editSignature: () => Buffer.of() })],
      UNTRUSTED,
      /signature is not by/,
    ),
    wholeChain(
      'a role changed after signing',
      [
        maker.leaf({
          editWhole: (whole) => Buffer.from(whole.toString('latin1').replace('/someone', '/sameone'), 'latin1'),
        }),
      ],
      UNTRUSTED,
      /signature is not by/,
    ),
    wholeChain(
      "another CA's key identifier",
      [maker.leaf({ extensions: { aki: extension(ID.aki, seq(der(0x80, other.keyId))) } })],
      UNTRUSTED,
      /another CA's/,
    ),
    wholeChain(
      'the issuer as a PrintableString',
      [maker.leaf({ issuer: commonName('Test CA', 0x13) })],
      UNTRUSTED,
      /issuer is not/,
    ),
    wholeChain('the issuer in capitals', [maker.leaf({ issuer: commonName('TEST CA') })], UNTRUSTED, /issuer is not/),
    wholeChain('an empty issuer', [maker.leaf({ issuer: seq() })], UNTRUSTED, /issuer is not/),
    after('the leaf twice', leaf),
    after('a CA of others after the leaf', other.der),
    after('our CA twice', ca.der, ca.der),
    after('a twin of our CA: its name and key in other bytes', twin.der),
  ];
}

/** Doors that were told to trust a CA they should not: a good leaf under it must not pass. */
function caCases({ side }: ChainMaker): BadChain[] {
  const under = (name: string, change: Parameters<typeof makeCa>[0], ...[reason, detail]: Outcome): BadChain => {
    const maker = new ChainMaker(makeCa(change), side);
    return {
      name,
      ca: maker.ca,
      chain: [maker.leaf()],
      key: maker.leafKey.privateKey,
      reason,
      detail,
      afterLeaf: false,
    };
  };
  const key = ec();
  const bare = (without: string[], ...more: Uint8Array[]) => ({
    key,
    extensions: [...caExtensions(keyIdOf(key), without), ...more],
  });
  return [
    under('an expired CA', { notAfter: utcTime(at(-1 / 24)) }, EXPIRED, /our CA has been out of date/),
    under('a CA that is not valid yet', { notBefore: utcTime(at(1)) }, EXPIRED, /our CA is not valid before/),
    under('a CA of version 1', { version: Buffer.of(), extensions: null }, UNTRUSTED, /unfit: it has version 1/),
    under('a CA without basicConstraints', bare([ID.bc]), UNTRUSTED, /lacks critical basicConstraints/),
    under(
      'a CA with CA:FALSE',
      bare([ID.bc], extension(ID.bc, seq(), true)),
      UNTRUSTED,
      /lacks critical basicConstraints/,
    ),
    under(
      'a CA whose basicConstraints are not critical',
      bare([ID.bc], extension(ID.bc, seq(bool(true)))),
      UNTRUSTED,
      /lacks critical basicC/,
    ),
    under('a CA without keyUsage', bare([ID.ku]), UNTRUSTED, /lacks critical keyUsage/),
    under(
      'a CA that may not sign certificates',
      bare([ID.ku], extension(ID.ku, bits(1, 0x02), true)),
      UNTRUSTED,
      /lacks critical keyUsage/,
    ),
    under('a CA without a key identifier', bare([ID.ski]), UNTRUSTED, /lacks a subject key identifier/),
    under(
      "a CA with another's authority key identifier",
      bare([ID.aki], extension(ID.aki, seq(der(0x80, Buffer.alloc(20, 7))))),
      UNTRUSTED,
      /not its own/,
    ),
    under(
      'a CA with an extended key usage',
      bare([], extension(ID.eku, seq(oid(SERVER), oid(CLIENT)))),
      UNTRUSTED,
      /2\.5\.29\.37/,
    ),
    under(
      'a CA with name constraints that the leaf keeps to',
      bare([], extension(ID.nameConstraints, seq(der(0xa1, seq(dns('example.com')))), true)),
      UNTRUSTED,
      /2\.5\.29\.30/,
    ),
    under(
      'a CA on P-384',
      { key: ec('P-384'), innerAlgorithm: ALGORITHM.ecdsaSha256 },
      UNTRUSTED,
      /not an uncompressed point/,
    ),
    under(
      'a CA with a wrong signature',
      { editSignature: (s) => Buffer.from(s).fill(1, s.length - 2) },
      UNTRUSTED,
      /its signature is wrong/,
    ),
  ];
}

function keyCases(maker: ChainMaker): BadChain[] {
  const key = (name: string, pair: Pair, ...more: Partial<Outcome>) =>
    leafCase(maker, name, { key: pair }, UNFIT, more[1] ?? /not an uncompressed point of EC P-256/);
  const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
  const spki = spkiOf(maker.leafKey.publicKey);
  const compressed = seq(
    seq(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
    bits(0, 2 + ((spki.at(-1) ?? 0) & 1), ...spki.subarray(-64, -32)),
  );
  const offCurve = Buffer.from(spki);
  offCurve[offCurve.length - 1] = (offCurve.at(-1) ?? 0) ^ 1;
  return [
    key('an RSA key of 2048 bits', generateKeyPairSync('rsa', { modulusLength: 2048 })),
    key('an RSA key of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 })),
    key('a key on P-384', ec('P-384')),
    key('a key on P-521', ec('P-521')),
    key('a key on secp256k1', ec('secp256k1')),
    key('a key on brainpoolP256r1', ec('brainpoolP256r1')),
    key('an Ed25519 key', generateKeyPairSync('ed25519')),
    key('an Ed448 key', generateKeyPairSync('ed448')),
    key('P-256 by explicit parameters', { ...explicit, publicKey: createPublicKey(explicit.privateKey) }),
    leafCase(maker, 'a compressed point', { spki: compressed }, UNFIT, /not an uncompressed point/),
    leafCase(maker, 'a point beside the curve', { spki: offCurve }, UNFIT, /not on the curve/),
  ];
}

function algorithmCases(maker: ChainMaker): BadChain[] {
  const both = (algorithm: Uint8Array) => ({ innerAlgorithm: algorithm, outerAlgorithm: algorithm });
  const not256 = /not ecdsa-with-SHA256/;
  return [
    leafCase(maker, 'signed with SHA-1', { ...both(ALGORITHM.ecdsaSha1), hash: 'sha1' }, UNFIT, not256),
    leafCase(maker, 'signed with SHA-384', { ...both(ALGORITHM.ecdsaSha384), hash: 'sha384' }, UNFIT, not256),
    leafCase(maker, 'signed with SHA-512', { ...both(ALGORITHM.ecdsaSha512), hash: 'sha512' }, UNFIT, not256),
    leafCase(maker, 'algorithm parameters', both(ALGORITHM.ecdsaSha256WithNull), UNFIT, not256),
    leafCase(maker, 'said to be signed with RSA', both(ALGORITHM.rsaSha256), UNFIT, not256),
    leafCase(maker, 'another inner algorithm', { innerAlgorithm: ALGORITHM.ecdsaSha384 }, UNFIT, /inner and outer/),
    leafCase(maker, 'another outer algorithm', { outerAlgorithm: ALGORITHM.ecdsaSha384 }, UNFIT, /inner and outer/),
  ];
}

function timeCases(maker: ChainMaker): BadChain[] {
  const from = (notBefore: Uint8Array) => ({ notBefore });
  const to = (notAfter: Uint8Array) => ({ notAfter });
  const text = at(10)
    .toISOString()
    .replace(/[-:T]|\.\d+Z/g, '');
  return [
    leafCase(maker, 'expired a minute ago', to(utcTime(at(-1 / 1440))), EXPIRED, /it has been out of date/),
    leafCase(
      maker,
      'expired years ago',
      { ...from(utcTime(at(-19))), ...to(utcTime(at(-18))) },
      EXPIRED,
      /it has been out/,
    ),
    leafCase(maker, 'not valid before tomorrow', from(utcTime(at(1))), EXPIRED, /it is not valid before/),
    leafCase(
      maker,
      'ends before it begins',
      { ...from(utcTime(at(3))), ...to(utcTime(at(2))) },
      UNFIT,
      /ends before it begins/,
    ),
    leafCase(maker, 'lives 399 days', to(utcTime(at(398))), UNFIT, /longer than 398 days/),
    leafCase(maker, 'began before its CA', from(utcTime(at(-21))), UNFIT, /outside our CA's/),
    leafCase(
      maker,
      'notAfter without seconds',
      to(ascii(0x17, `${text.slice(2, 12)}Z`)),
      UNFIT,
      /to the second in UTC/,
    ),
    leafCase(maker, 'notAfter with an offset', to(ascii(0x17, `${text.slice(2)}+0000`)), UNFIT, /to the second in UTC/),
    leafCase(maker, 'notAfter with a fraction', to(ascii(0x18, `${text}.5Z`)), UNFIT, /to the second in UTC/),
    leafCase(maker, 'GeneralizedTime before 2050', to(generalizedTime(at(10))), UNFIT, /GeneralizedTime before 2050/),
    leafCase(maker, '30 February', to(ascii(0x17, '270230000000Z')), UNFIT, /is no date/),
    leafCase(maker, 'no end: 99991231235959Z', to(ascii(0x18, '99991231235959Z')), UNFIT, /longer than 398 days/),
  ];
}

function formCases(maker: ChainMaker): BadChain[] {
  const raw = (octets: number[]) => der(0x02, Buffer.from(octets));
  const longLength = (whole: Buffer) =>
    Buffer.concat([Buffer.of(0x30, 0x83, 0, whole[2] ?? 0, whole[3] ?? 0), whole.subarray(4)]);
  const name = commonName('someone').subarray(2);
  const longName = Buffer.concat([Buffer.of(0x30, 0x81, name.length), name]);
  const endlessName = Buffer.concat([Buffer.of(0x30, 0x80), name, Buffer.of(0, 0)]);
  const indefinite = (whole: Buffer) => Buffer.concat([Buffer.of(0x30, 0x80), whole.subarray(4), Buffer.of(0, 0)]);
  return [
    leafCase(maker, 'version 1', { version: Buffer.of(), extensions: null }, UNFIT, /version 1/),
    leafCase(maker, 'version 1 with extensions', { version: Buffer.of() }, UNFIT, /version 1/),
    leafCase(maker, 'version 2', { version: version(2) }, UNFIT, /version 2/),
    leafCase(maker, 'version 4', { version: version(4) }, UNFIT, /version is unknown/),
    leafCase(maker, 'a negative serial', { serial: raw([0x80, 1]) }, UNFIT, /not positive/),
    leafCase(maker, 'a serial of zero', { serial: raw([0]) }, UNFIT, /not positive/),
    leafCase(maker, 'a serial of 21 octets', { serial: newSerial(21) }, UNFIT, /longer than 20/),
    leafCase(maker, 'a padded serial', { serial: raw([0, 0, 1]) }, UNFIT, /not in its shortest form/),
    leafCase(
      maker,
      'an issuer unique identifier',
      { uniqueId: bits(0, 1).fill(0x81, 0, 1) },
      UNFIT,
      /unique identifier/,
    ),
    leafCase(
      maker,
      'bytes after the certificate',
      { editWhole: (whole) => Buffer.concat([whole, Buffer.of(0, 0)]) },
      UNFIT,
      /bytes too many/,
    ),
    leafCase(maker, 'bytes after the extensions', { tbsTail: der(0x05) }, UNFIT, /bytes too many/),
    leafCase(maker, 'a length not in its shortest form', { editWhole: longLength }, UNFIT, /not in its shortest form/),
    leafCase(maker, 'an indefinite length', { editWhole: indefinite }, UNFIT, /indefinite length/),
    leafCase(
      maker,
      'a length inside not in its shortest form',
      { subject: longName },
      UNFIT,
      /not in its shortest form/,
    ),
    leafCase(maker, 'an indefinite length inside', { subject: endlessName }, UNFIT, /indefinite length/),
    leafCase(maker, 'cut off', { editWhole: (whole) => whole.subarray(0, -9) }, UNFIT, /cut off/),
    leafCase(maker, 'larger than any of ours', { subject: commonName('x'.repeat(9000)) }, UNFIT, /bytes$/),
  ];
}

function usageCases(maker: ChainMaker): BadChain[] {
  const { usage, side } = maker;
  const ku = (name: string, value: Uint8Array | null, detail: RegExp) =>
    leafCase(maker, name, { extensions: { ku: value } }, UNFIT, detail);
  const eku = (name: string, ids: string[], detail: RegExp) =>
    leafCase(maker, name, { extensions: { eku: extension(ID.eku, seq(...ids.map(oid))) } }, UNFIT, detail);
  const opposite = side === 'client' ? SERVER : CLIENT;
  return [
    leafCase(maker, 'a CA', { extensions: { bc: extension(ID.bc, seq(bool(true)), true) } }, UNFIT, /it is a CA/),
    leafCase(
      maker,
      'a path length on a leaf',
      { extensions: { bc: extension(ID.bc, seq(int(0)), true) } },
      UNFIT,
      /path length/,
    ),
    leafCase(
      maker,
      'CA:FALSE spelled out',
      { extensions: { bc: extension(ID.bc, seq(bool(false)), true) } },
      UNFIT,
      /false CA flag/,
    ),
    ku('no keyUsage', null, /lacks a critical keyUsage/),
    ku('keyUsage not critical', extension(ID.ku, bits(7, 0x80)), /lacks a critical keyUsage/),
    ku('keyUsage with keyCertSign', extension(ID.ku, bits(2, 0x84), true), /sign certificates/),
    ku('keyUsage with cRLSign', extension(ID.ku, bits(1, 0x82), true), /sign certificates or revocation/),
    ku('keyUsage keyEncipherment only', extension(ID.ku, bits(5, 0x20), true), /lacks digitalSignature/),
    ku('keyUsage of nothing', extension(ID.ku, bits(0), true), /says nothing/),
    ku('keyUsage with needless zeros', extension(ID.ku, bits(0, 0x80), true), /shortest form/),
    leafCase(maker, 'no extended key usage', { extensions: { eku: null } }, UNFIT, /lacks an extended key usage/),
    eku('an empty extended key usage', [], /lacks an extended key usage/),
    eku('any extended key usage', [ANY], /lacks \w+Auth/),
    eku('the right and any extended key usage', [usage, ANY], /2\.5\.29\.37\.0, which is not for/),
    eku("the other side's extended key usage", [opposite], /lacks \w+Auth/),
    eku("both sides' extended key usage", [usage, opposite], /which is not for a/),
    eku('code signing only', [CODE_SIGNING], /lacks \w+Auth/),
    eku('the right usage and code signing', [usage, CODE_SIGNING], /which is not for a/),
    eku('the right usage twice', [usage, usage], /twice/),
  ];
}

function nameCases(maker: ChainMaker): BadChain[] {
  const { role, hosts, side } = maker;
  const me = uri(`grafos://${role}/someone`);
  const san = (name: string, names: Uint8Array[], detail: RegExp, more: Partial<LeafExtensions> = {}) =>
    leafCase(maker, name, { extensions: { san: maker.san(...names), ...more } }, UNFIT, detail);
  const badUri = (text: string) => san(`the URI ${text}`, [uri(text), ...hosts], /is not grafos:/);
  const server = [
    san('no host', [me], /not for the host/),
    san('another host', [me, dns('example.com'), ip(10, 0, 0, 1)], /not for the host/),
    san('the address as a DNS name', [me, dns('127.0.0.1')], /not for the host/),
    san('a wildcard', [me, ...hosts, dns('*.example.com')], /wildcard/),
    leafCase(
      maker,
      'the host in the common name only',
      { subject: commonName('127.0.0.1'), extensions: { san: maker.san(me) } },
      UNFIT,
      /not for the host/,
    ),
    san('the role scheduler', [uri('grafos://scheduler/someone'), ...hosts], /its role is scheduler/),
  ];
  const client = [
    san('the role cell', [uri('grafos://cell/someone')], /which is not for a cell/),
    san('the role admin at a door for tenants', [uri('grafos://admin/someone')], /its role is admin/),
  ];
  return [
    leafCase(maker, 'no alternative name', { extensions: { san: null } }, UNFIT, /lacks a subjectAltName/),
    san('an empty alternative name', [], /0 URIs/),
    san('no URI', [dns('localhost'), ip(127, 0, 0, 1)], /0 URIs/),
    san('two URIs of ours', [me, uri(`grafos://${role}/another`), ...hosts], /2 URIs/),
    san('our URI and another', [me, uri('https://example.com/'), ...hosts], /2 URIs/),
    badUri(`grafos://root/someone`),
    badUri(`grafos://${role.toUpperCase()}/someone`),
    badUri(`grafos://${role}/`),
    badUri(`grafos://${role}/../admin`),
    badUri(`grafos://${role}/someone/admin`),
    badUri(`grafos://${role}/someone?x=1`),
    badUri(`grafos://${role}:443/someone`),
    badUri(`https://${role}/someone`),
    badUri(`grafos://${role}/${'n'.repeat(64)}`),
    san('a NUL in the URI', [uri(`grafos://${role}/someone\0.evil`), ...hosts], /not printable/),
    san('an e-mail address too', [me, ascii(0x81, 'a@example.com'), ...hosts], /of a kind we do not use/),
    san('an address of five octets', [me, ip(127, 0, 0, 1, 1), ...hosts], /address of 5 octets/),
    ...(side === 'server' ? server : client),
  ];
}

function extensionCases(maker: ChainMaker): BadChain[] {
  const more = (name: string, one: Uint8Array, detail: RegExp) =>
    leafCase(maker, name, { extensions: { more: [one] } }, UNFIT, detail);
  const nothing = seq();
  return [
    more(
      'an unknown critical extension',
      extension('1.3.6.1.4.1.99999.1', nothing, true),
      /critical extension 1\.3\.6/,
    ),
    more(
      'name constraints',
      extension(ID.nameConstraints, seq(der(0xa1, seq(dns('a.example'))))),
      /only a CA may have/,
    ),
    more('policy mappings', extension(ID.policyMappings, nothing), /only a CA may have/),
    more('policy constraints', extension(ID.policyConstraints, seq(der(0x80, Buffer.of(0)))), /only a CA may have/),
    more('inhibitAnyPolicy', extension(ID.inhibitAnyPolicy, int(0)), /only a CA may have/),
    more('an alternative name twice', maker.san(uri(`grafos://${maker.role}/another`)), /stands twice/),
    more('an extended key usage twice', extension(ID.eku, seq(oid(maker.usage))), /stands twice/),
    more(
      'a critical flag spelled out as false',
      seq(oid('1.3.6.1.4.1.99999.1'), bool(false), octets(nothing)),
      /false critical flag/,
    ),
    more(
      'a critical flag of 0x01',
      seq(oid('1.3.6.1.4.1.99999.1'), der(0x01, Buffer.of(1)), octets(nothing)),
      /no boolean/,
    ),
    leafCase(maker, 'no extensions', { extensions: null }, UNFIT, /lacks a critical keyUsage/),
    leafCase(maker, 'no subject key identifier', { extensions: { ski: null } }, UNFIT, /lacks a subject key/),
    leafCase(
      maker,
      'an empty subject key identifier',
      { extensions: { ski: extension(ID.ski, octets(Buffer.of())) } },
      UNFIT,
      /lacks a subject key/,
    ),
    leafCase(maker, 'no authority key identifier', { extensions: { aki: null } }, UNFIT, /lacks an authority key/),
    leafCase(
      maker,
      'an authority key identifier with a serial',
      { extensions: { aki: extension(ID.aki, seq(der(0x80, maker.ca.keyId), der(0x82, Buffer.of(1)))) } },
      UNFIT,
      /more than a key/,
    ),
    leafCase(
      maker,
      'a critical subject key identifier',
      { extensions: { ski: extension(ID.ski, octets(Buffer.of(1)), true) } },
      UNFIT,
      /critical extension 2\.5\.29\.14/,
    ),
    leafCase(
      maker,
      'bytes after an extension',
      { extensions: { eku: extension(ID.eku, Buffer.concat([seq(oid(maker.usage)), der(0x05)])) } },
      UNFIT,
      /bytes too many/,
    ),
  ];
}
