import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { parseCertificate } from '../../../../daemons/peers/peerX509.ts';
import {
  type CertificateFields,
  certificateToPem,
  encodeCertificate,
  encodeName,
  keyIdentifier,
} from '../../../../toolchain/trust/certificateDer.ts';

const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const CLIENT = '1.3.6.1.5.5.7.3.2';

const FIELDS: CertificateFields = {
  serial: Uint8Array.of(0x7f, 1, 2),
  issuer: encodeName('a CA'),
  subject: encodeName('Grüße, "x" = 你'),
  notBefore: new Date('2026-01-02T03:04:05Z'),
  notAfter: new Date('2049-12-31T23:59:59Z'),
  publicKey: leaf.publicKey,
  ca: null,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: [CLIENT],
  subjectAltName: { uris: ['grafos://cell/a'], hosts: ['localhost', '127.0.0.1', '::1', '2001:db8::ff'] },
  subjectKeyId: keyIdentifier(leaf.publicKey),
  authorityKeyId: keyIdentifier(ca.publicKey),
};

/** The certificate as our strict reader and as node:crypto read it. */
function written(change: Partial<CertificateFields> = {}) {
  const bytes = encodeCertificate({ ...FIELDS, ...change }, ca.privateKey);
  return { strict: parseCertificate(bytes), node: new X509Certificate(bytes) };
}

describe('the writer of certificates', () => {
  it('writes what it was given, signed by the issuer alone', () => {
    const { strict, node } = written();
    assert.equal(node.verify(ca.publicKey), true);
    assert.equal(node.verify(leaf.publicKey), false);
    assert.deepEqual(node.publicKey.export({ format: 'jwk' }), leaf.publicKey.export({ format: 'jwk' }));
    assert.equal(node.serialNumber, '7F0102');
    assert.deepEqual([node.validFromDate, node.validToDate], [FIELDS.notBefore, FIELDS.notAfter]);
    assert.equal(node.issuer, 'CN=a CA');
    assert.equal(strict.version, 3);
    assert.deepEqual([strict.basicConstraints, node.ca], [{ ca: false, pathLength: null }, false]);
    assert.deepEqual([[...(strict.keyUsage ?? [])], strict.extendedKeyUsage], [[0], [CLIENT]]);
    assert.deepEqual(Buffer.from(strict.subjectKeyId ?? []), Buffer.from(FIELDS.subjectKeyId));
    assert.deepEqual(Buffer.from(strict.authorityKeyId?.keyId ?? []), Buffer.from(FIELDS.authorityKeyId));
  });

  it('writes each host by its kind: names, and addresses of four and sixteen octets', () => {
    const { strict, node } = written();
    assert.deepEqual(
      strict.subjectAltName?.map((name) => (name.kind === 'ip' ? name.octets.length : name.kind)),
      ['uri', 'dns', 4, 16, 16],
    );
    for (const host of ['127.0.0.1', '::1', '2001:db8::ff']) assert.equal(node.checkIP(host), host);
    assert.equal(node.checkHost('localhost'), 'localhost');
    assert.equal(node.checkHost('example.com'), undefined);
  });

  it('writes a name byte for byte as it was encoded, in UTF-8', () => {
    const { strict, node } = written();
    assert.deepEqual(Buffer.from(strict.subject), Buffer.from(FIELDS.subject));
    assert.match(node.subject, /你/);
    assert.notDeepEqual(encodeName('a'), encodeName('b'));
  });

  it('writes a CA with its path length and both bits of its usage', () => {
    const { strict, node } = written({
      ca: { pathLength: 0 },
      keyUsage: ['keyCertSign', 'cRLSign'],
      extendedKeyUsage: [],
      subjectAltName: null,
    });
    assert.equal(node.ca, true);
    assert.deepEqual(strict.basicConstraints, { ca: true, pathLength: 0 });
    assert.deepEqual([...(strict.keyUsage ?? [])], [5, 6]);
    assert.deepEqual([strict.extendedKeyUsage, strict.subjectAltName], [null, null]);
  });

  it('writes both forms of time, on each side of 2050', () => {
    const notAfter = new Date('2050-01-01T00:00:00Z');
    assert.deepEqual(written({ notAfter }).strict.notAfter, notAfter);
    assert.deepEqual(written({ notAfter }).node.validToDate, notAfter);
  });

  it('gives each key an identifier of twenty bytes, the same for the same key', () => {
    const again = createPublicKey(leaf.publicKey.export({ format: 'pem', type: 'spki' }));
    assert.equal(keyIdentifier(leaf.publicKey).length, 20);
    assert.deepEqual(keyIdentifier(again), keyIdentifier(leaf.publicKey));
    assert.notDeepEqual(keyIdentifier(ca.publicKey), keyIdentifier(leaf.publicKey));
  });

  it('writes PEM that has no carriage returns and is read as the same bytes', () => {
    const bytes = encodeCertificate(FIELDS, ca.privateKey);
    const pem = certificateToPem(bytes);
    assert.match(pem, /^-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n$/);
    assert.deepEqual(new X509Certificate(pem).raw, Buffer.from(bytes));
  });
});
