import assert from 'node:assert/strict';
import {
  formProblem,
  isEmptyName,
  isSignedBy,
  KEY_USAGE_BIT,
  p256Key,
  readCa,
  sameBytes,
} from '../../../../daemons/peers/peerCa.ts';
import { DerInvalidError } from '../../../../daemons/peers/peerDer.ts';
import { parseCertificate } from '../../../../daemons/peers/peerX509.ts';
import { at, ChainMaker, caExtensions, ec, ID, keyIdOf, makeCa } from '../../../helpers/chainMaker.ts';
import {
  ALGORITHM,
  bits,
  bool,
  commonName,
  der,
  extension,
  int,
  octets,
  seq,
  spkiOf,
  utcTime,
  version,
} from '../../../helpers/x509Writer.ts';

const key = ec();
const keyId = keyIdOf(key);
const refused = (says: RegExp) => (error: unknown) => error instanceof DerInvalidError && says.test(error.message);

/** A CA in which one extension is another one, or not there. */
const caWith = (id: string, value?: Uint8Array) =>
  makeCa({ key, extensions: [...caExtensions(keyId, [id]), ...(value === undefined ? [] : [value])] });

describe('our CA', () => {
  it('is read with its key and its identifier, once for the same bytes', () => {
    const { der: bytes } = makeCa({ key });
    const ca = readCa(bytes);
    assert.deepEqual(Buffer.from(ca.subjectKeyId), Buffer.from(keyId));
    assert.deepEqual(ca.publicKey.export({ format: 'jwk' }), key.publicKey.export({ format: 'jwk' }));
    assert.ok(ca.certificate.keyUsage?.has(KEY_USAGE_BIT.keyCertSign));
    assert.equal(readCa(bytes), ca);
    assert.notEqual(readCa(Uint8Array.from(bytes)), ca);
  });

  it('is read though its dates are over, which others judge', () => {
    readCa(makeCa({ key, notBefore: utcTime(at(-20)), notAfter: utcTime(at(-10)) }).der);
  });

  it('needs no authority key identifier', () => {
    readCa(caWith(ID.aki).der);
  });

  const other = ec();
  for (const [what, ca, says] of [
    ['is of version 1', makeCa({ key, version: Buffer.of(), extensions: null }), /version 1/],
    ['is of version 2', makeCa({ key, version: version(2) }), /version 2/],
    ['was issued by another name', makeCa({ key, issuer: commonName('Other') }), /not self-issued/],
    ['is signed by another key', makeCa({ key, signer: other.privateKey }), /signature is wrong/],
    ['has two algorithms', makeCa({ key, outerAlgorithm: ALGORITHM.ecdsaSha384 }), /differ/],
    [
      'is signed with SHA-384',
      makeCa({ key, innerAlgorithm: ALGORITHM.ecdsaSha384, outerAlgorithm: ALGORITHM.ecdsaSha384, hash: 'sha384' }),
      /not ecdsa-with-SHA256/,
    ],
    [
      'has parameters with its algorithm',
      makeCa({ key, innerAlgorithm: ALGORITHM.ecdsaSha256WithNull, outerAlgorithm: ALGORITHM.ecdsaSha256WithNull }),
      /not ecdsa-with-SHA256/,
    ],
    ['has the serial number 0', makeCa({ key, serial: int(0) }), /not positive/],
    ['has a negative serial number', makeCa({ key, serial: int(0x80) }), /not positive/],
    ['has a serial number of 21 octets', makeCa({ key, serial: int(1, ...Array(20).fill(0)) }), /longer than 20/],
    ['has no name', makeCa({ key, issuer: seq(), subject: seq() }), /issuer is empty/],
    ['ends before it begins', makeCa({ key, notBefore: utcTime(at(2)), notAfter: utcTime(at(1)) }), /before it begins/],
    ['has a key of P-384', makeCa({ key: ec('P-384') }), /P-256/],
    ['has a point that is not on the curve', makeCa({ key, spki: offCurve() }), /not on the curve/],
    ['is none', caWith(ID.bc), /CA:TRUE/],
    ['is CA:FALSE', caWith(ID.bc, extension(ID.bc, seq(), true)), /CA:TRUE/],
    ['is a CA in an extension that may be ignored', caWith(ID.bc, extension(ID.bc, seq(bool(true)))), /critical basic/],
    ['may sign no certificates', caWith(ID.ku, extension(ID.ku, bits(7, 0x80), true)), /keyCertSign/],
    ['has a key usage that may be ignored', caWith(ID.ku, extension(ID.ku, bits(1, 0x06))), /critical keyUsage/],
    ['has no subject key identifier', caWith(ID.ski), /lacks a subject key identifier/],
    ['names another authority', caWith(ID.aki, authority(der(0x80, Buffer.alloc(20)))), /is not its own/],
    ['names its authority by issuer', caWith(ID.aki, authority(der(0x80, keyId), der(0xa1))), /is not its own/],
    ['names its authority by nothing', caWith(ID.aki, authority()), /is not its own/],
    ['has name constraints', caWith('', extension(ID.nameConstraints, seq(), true)), /2\.5\.29\.30, which we do not/],
    ['has an unknown extension', caWith('', extension('1.2.3', octets(seq()))), /1\.2\.3, which we do not/],
  ] as const) {
    it(`is refused when it ${what}`, () => assert.throws(() => readCa(ca.der), refused(says)));
  }

  it('that was refused is refused again', () => {
    const { der: bytes } = makeCa({ key, signer: other.privateKey });
    for (let i = 0; i < 2; i++) assert.throws(() => readCa(bytes), refused(/signature is wrong/));
  });
});

describe('the parts of a judgement', () => {
  it('a leaf of our CA has no fault of form, and only our CA signed it', () => {
    const ca = makeCa();
    const leaf = parseCertificate(new ChainMaker(ca, 'server').leaf());
    assert.equal(formProblem(leaf), undefined);
    assert.equal(isSignedBy(leaf, ca.key.publicKey), true);
    assert.equal(isSignedBy(leaf, key.publicKey), false);
    assert.equal(isSignedBy({ ...leaf, signature: leaf.signature.subarray(1) }, ca.key.publicKey), false);
  });

  it('a name of nothing is told from one of something', () => {
    assert.equal(isEmptyName(seq()), true);
    assert.equal(isEmptyName(commonName('x')), false);
  });

  it('keys and bytes', () => {
    assert.equal(p256Key(Buffer.of(1, 2, 3)), undefined);
    assert.ok(p256Key(spkiOf(key.publicKey)));
    assert.equal(sameBytes(Uint8Array.of(1), Buffer.of(1)), true);
    assert.equal(sameBytes(Uint8Array.of(1), Uint8Array.of(1, 0)), false);
  });
});

function authority(...parts: Uint8Array[]): Uint8Array {
  return extension(ID.aki, seq(...parts));
}

function offCurve(): Buffer {
  const spki = Buffer.from(spkiOf(key.publicKey));
  spki.subarray(-32).fill(1);
  return spki;
}
