import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { DerInvalidError } from '../../../../daemons/peers/peerDer.ts';
import { EXTENSION, parseCertificate, readAltNames } from '../../../../daemons/peers/peerX509.ts';
import { ChainMaker, CLIENT, ID, keyIdOf, makeCa } from '../../../helpers/chainMaker.ts';
import {
  ascii,
  bits,
  bool,
  commonName,
  der,
  dns,
  extension,
  int,
  ip,
  octets,
  oid,
  seq,
  uri,
  version,
} from '../../../helpers/x509Writer.ts';

const maker = new ChainMaker(makeCa(), 'client');
const refused = (says: RegExp) => (error: unknown) => error instanceof DerInvalidError && says.test(error.message);

describe('the reader of certificates', () => {
  it('reads what node:crypto reads of the same certificate, and more', () => {
    const bytes = maker.leaf();
    const parsed = parseCertificate(bytes);
    const node = new X509Certificate(bytes);
    assert.equal(Buffer.from(parsed.serial).toString('hex').toUpperCase(), node.serialNumber);
    assert.deepEqual([parsed.notBefore, parsed.notAfter], [node.validFromDate, node.validToDate]);
    assert.deepEqual(Buffer.from(parsed.spki), node.publicKey.export({ format: 'der', type: 'spki' }));
    assert.deepEqual(parsed.extendedKeyUsage, node.keyUsage);
    assert.equal(parsed.version, 3);
    assert.deepEqual(parsed.basicConstraints, { ca: false, pathLength: null });
    assert.deepEqual([...(parsed.keyUsage ?? [])], [0]);
    assert.deepEqual(parsed.subjectAltName, [{ kind: 'uri', text: 'grafos://tenant/someone' }]);
    assert.deepEqual(Buffer.from(parsed.subjectKeyId ?? []), keyIdOf(maker.leafKey));
    assert.deepEqual(parsed.authorityKeyId, { keyId: maker.ca.keyId, hasIssuer: false });
    assert.deepEqual(
      [...parsed.extensions].filter(([, { critical }]) => critical).map(([id]) => id),
      [EXTENSION.basicConstraints, EXTENSION.keyUsage],
    );
    assert.deepEqual(Buffer.from(parsed.subject), commonName('someone'));
    assert.deepEqual(Buffer.from(parsed.issuer), maker.ca.name);
  });

  it('gives null for extensions that are not there, also of a certificate of version 1', () => {
    const parsed = parseCertificate(maker.leaf({ version: Buffer.of(), extensions: null }));
    assert.equal(parsed.version, 1);
    assert.deepEqual(
      [parsed.basicConstraints, parsed.keyUsage, parsed.extendedKeyUsage, parsed.subjectAltName, parsed.subjectKeyId],
      [null, null, null, null, null],
    );
    assert.equal(parsed.authorityKeyId, null);
  });

  it('reads the part that is signed as the bytes that were signed', () => {
    const parsed = parseCertificate(maker.ca.der);
    assert.ok(Buffer.from(maker.ca.der).includes(Buffer.from(parsed.tbs)));
    assert.equal(parsed.tbs[0], 0x30);
    assert.deepEqual(parsed.basicConstraints, { ca: true, pathLength: 0 });
    assert.deepEqual([...(parsed.keyUsage ?? [])], [5, 6]);
  });

  const twice = extension(ID.san, seq(dns('a')));
  for (const [what, bytes, says] of [
    ['nothing', Buffer.of(), /cut off/],
    ['a byte after it', Buffer.concat([maker.leaf(), Buffer.of(0)]), /1 bytes too many/],
    ['a byte less', maker.leaf().subarray(0, -1), /cut off/],
    ['version 4', maker.leaf({ version: version(4) }), /version/],
    ['version 1 spelled out', maker.leaf({ version: version(1) }), /version/],
    ['a unique identifier', maker.leaf({ uniqueId: der(0x81, Buffer.of(0, 1)) }), /unique identifier/],
    ['something after its extensions', maker.leaf({ tbsTail: int(1) }), /too many after the extensions/],
    ['a serial number with a leading zero', maker.leaf({ serial: int(0, 1) }), /shortest form/],
    ['a signature with unused bits', maker.leaf({ editWhole: (whole) => withUnusedBit(whole) }), /unused/],
    ['an extension twice', maker.leaf({ extensions: { more: [twice] } }), /stands twice/],
    ['a false critical flag', withExtension(seq(oid('1.2.3'), bool(false), octets(seq()))), /false critical flag/],
    ['an extension with a tail', withExtension(seq(oid('1.2.3'), octets(seq()), int(1))), /too many after/],
    ['an extension that is no octet string', withExtension(seq(oid('1.2.3'), int(1))), /tag 0x02/],
    ['CA:FALSE spelled out', maker.leaf({ extensions: { bc: basic(seq(bool(false))) } }), /false CA flag/],
    ['a path length of 128', maker.leaf({ extensions: { bc: basic(seq(bool(true), int(0, 128))) } }), /out of range/],
    ['a negative path length', maker.leaf({ extensions: { bc: basic(seq(bool(true), int(255))) } }), /out of range/],
    ['a key usage of nothing', usage(bits(0)), /says nothing/],
    ['a key usage with a trailing zero', usage(bits(6, 0x80)), /shortest form/],
    ['a key usage of three octets', usage(bits(0, 0, 0, 1)), /shortest form/],
    ['a key usage that is no bit string', usage(octets(Buffer.of(0x80))), /tag 0x04/],
    [
      'an extended key usage that is no list',
      maker.leaf({ extensions: { eku: extension(ID.eku, oid(CLIENT)) } }),
      /tag/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => parseCertificate(bytes), refused(says)));
  }

  it('throws nothing but DerInvalidError of a certificate with a few bytes changed', () => {
    const good = maker.leaf();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const altered = Uint8Array.from(good);
          for (const [at, byte] of changes) altered[at] = byte;
          try {
            parseCertificate(altered);
          } catch (error) {
            assert.ok(error instanceof DerInvalidError, String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('alternative names', () => {
  it('are read by their kinds, unknown ones by their tag', () => {
    const other = der(0xa0, oid('1.2.3'));
    assert.deepEqual(readAltNames(seq(uri('grafos://cell/a'), dns('a.b'), ip(127, 0, 0, 1), other)), [
      { kind: 'uri', text: 'grafos://cell/a' },
      { kind: 'dns', text: 'a.b' },
      { kind: 'ip', octets: Buffer.of(127, 0, 0, 1) },
      { kind: 'other', tag: 0xa0 },
    ]);
  });

  for (const [what, name, says] of [
    ['none', Buffer.of(), /is empty/],
    ['an empty name', dns(''), /empty or not printable/],
    ['a name with a NUL in it', dns('good.example\u0000.evil.example'), /not printable/],
    ['a name with a space', dns('a b'), /not printable/],
    ['a name beyond ASCII', uri('grafos://cell/ä'), /not printable/],
    ['an address of five octets', ip(127, 0, 0, 1, 0), /an address of 5 octets/],
    ['an empty address', ip(), /an address of 0 octets/],
  ] as const) {
    it(`are refused where there is ${what}`, () => assert.throws(() => readAltNames(seq(name)), refused(says)));
  }

  it('do not bring escape sequences into a log', () => {
    assert.throws(
      () => readAltNames(seq(ascii(0x82, '\u001b]0;x\u0007'))),
      (error: Error) => /^[\x20-\x7e]+$/.test(error.message),
    );
  });
});

function withExtension(one: Uint8Array): Uint8Array {
  return maker.leaf({ extensions: { more: [one] } });
}

function basic(value: Uint8Array): Uint8Array {
  return extension(ID.bc, value, true);
}

function usage(value: Uint8Array): Uint8Array {
  return maker.leaf({ extensions: { ku: extension(ID.ku, value, true) } });
}

/** Calls the last bit of the signature unused, and clears it, so that the form is right. */
function withUnusedBit(whole: Buffer): Buffer {
  const { signature } = parseCertificate(whole);
  const at = whole.length - signature.length - 1;
  whole[at] = 1;
  whole[whole.length - 1] = (whole[whole.length - 1] ?? 0) & 0xfe;
  return whole;
}
