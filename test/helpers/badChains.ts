/**
 * Certificate chains that must be refused at both ends, each with one fault: in its signer, its
 * algorithm or its dates. Faults in the content of a leaf are in badLeaves.ts.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { extensionCases, formCases, nameCases, subjectCases, usageCases } from './badLeaves.ts';
import {
  at,
  type BadChain,
  ChainMaker,
  CLIENT,
  caExtensions,
  EXPIRED,
  ec,
  ID,
  keyIdOf,
  leafCase,
  makeCa,
  type Outcome,
  type Pair,
  SERVER,
  UNFIT,
  UNTRUSTED,
} from './chainMaker.ts';
import {
  ALGORITHM,
  ascii,
  bits,
  bool,
  commonName,
  der,
  dns,
  extension,
  generalizedTime,
  oid,
  seq,
  spkiOf,
  utcTime,
} from './x509Writer.ts';

/** Chains that must be refused at both doors, for this side. */
export function badChains(maker: ChainMaker): BadChain[] {
  return [
    ...originCases(maker),
    ...caCases(maker),
    ...keyCases(maker),
    ...algorithmCases(maker),
    ...timeCases(maker),
    ...formCases(maker),
    ...subjectCases(maker),
    ...usageCases(maker),
    ...nameCases(maker),
    ...extensionCases(maker),
  ];
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

/** Doors that trust a CA they should not: a good leaf under it must not pass. */
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
    under('a CA without a subject', { subject: seq() }, UNTRUSTED, /unfit: it is not self-issued/),
    under('a CA without an issuer', { issuer: seq() }, UNTRUSTED, /unfit: its issuer is empty/),
    under('a CA without a name', { subject: seq(), issuer: seq() }, UNTRUSTED, /unfit: its issuer is empty/),
    under(
      'a CA whose name is an empty set',
      { subject: seq(der(0x31)), issuer: seq(der(0x31)) },
      UNTRUSTED,
      /unfit: the issuer has an empty set/,
    ),
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
