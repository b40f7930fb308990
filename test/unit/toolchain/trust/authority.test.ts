import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import fc from 'fast-check';
import { GrafosError } from '../../../../base/grafosError.ts';
import { ipOctets } from '../../../../daemons/peers/peerAddress.ts';
import { checkPeerChain } from '../../../../daemons/peers/peerCertificate.ts';
import { parseCertificate } from '../../../../daemons/peers/peerX509.ts';
import { PEER_ROLES, ROLE_USAGES, USAGE_OID } from '../../../../daemons/wire/peerRole.ts';
import { createAuthority, type LeafRequest, loadAuthority } from '../../../../toolchain/trust/authority.ts';
import { ChainMaker, makeCa } from '../../../helpers/chainMaker.ts';
import { keyPemOf, toPem } from '../../../helpers/x509Writer.ts';

const DAY_MS = 86_400_000;
const ca = createAuthority({ name: 'unit CA', days: 30 });

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GrafosError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

describe('authority', () => {
  for (const role of PEER_ROLES) {
    it(`issues a ${role} certificate that the doors let in for its part and no other`, () => {
      const leaf = ca.issue({ role, name: 'some-one.1', days: 13 });
      for (const usage of ['client', 'server'] as const) {
        const check = () =>
          checkPeerChain([leaf.certDer, ca.certDer], { caDer: ca.certDer, usage, host: 'localhost', roles: [role] });
        if (!ROLE_USAGES[role].includes(usage)) {
          assert.equal(codeOf(check), `${usage}_certificate_unfit`);
          continue;
        }
        const peer = check();
        assert.deepEqual([peer.role, peer.name, peer.notAfter], [role, 'some-one.1', leaf.notAfter]);
      }
      const parsed = parseCertificate(leaf.certDer);
      assert.deepEqual(
        parsed.extendedKeyUsage,
        ROLE_USAGES[role].map((usage) => USAGE_OID[usage]),
      );
      assert.ok(new X509Certificate(leaf.certPem).checkPrivateKey(createPrivateKey(leaf.keyPem)));
    });
  }

  it('binds the thumbprints that Node reads too', () => {
    const leaf = ca.issue({ role: 'tenant', name: 't', days: 1 });
    const peer = checkPeerChain([leaf.certDer], { caDer: ca.certDer, usage: 'client' });
    const fingerprint = new X509Certificate(leaf.certPem).fingerprint256.replaceAll(':', '');
    assert.equal(Buffer.from(peer.x5tS256, 'base64url').toString('hex').toUpperCase(), fingerprint);
    assert.match(peer.spkiSha256, /^[0-9a-f]{64}$/);
  });

  it('names a server by loopback and the hosts given, in any spelling of an address', () => {
    const hosts = ['cell.example.com', '10.1.2.3', '2001:db8::1', '::ffff:10.0.0.1', '127.0.0.1'];
    const leaf = ca.issue({ role: 'cell', name: 'c', hosts, days: 1 });
    const isFor = (host: string) =>
      codeOf(() => checkPeerChain([leaf.certDer], { caDer: ca.certDer, usage: 'server', host })) === 'nothing thrown';
    for (const host of [...hosts, 'localhost', '::1', '[::1]', 'CELL.example.com', '2001:0db8:0:0:0:0:0:1']) {
      assert.ok(isFor(host), host);
    }
    for (const host of ['example.com', 'x.cell.example.com', '10.1.2.4', '::2', '10.0.0.1', 'c', '', '127.0.0.1.']) {
      assert.ok(!isFor(host), host);
    }
  });

  it('dates a leaf from a minute ago, for whole days, and never past its CA', () => {
    const leaf = parseCertificate(ca.issue({ role: 'tenant', name: 't', days: 13 }).certDer);
    assert.equal(leaf.notAfter.getTime() - leaf.notBefore.getTime(), 13 * DAY_MS - 1000);
    const age = Date.now() - leaf.notBefore.getTime();
    assert.ok(age >= 0 && age < 120_000, String(age));
    assert.deepEqual(ca.issue({ role: 'tenant', name: 't', days: 398 }).notAfter, ca.notAfter);
  });

  it('gives every certificate a serial of 20 octets of its own', () => {
    const serials = Array.from(
      { length: 100 },
      () => parseCertificate(ca.issue({ role: 'tenant', name: 't', days: 1 }).certDer).serial,
    );
    assert.ok(serials.every((serial) => serial.length === 20 && (serial[0] ?? 0) < 0x80));
    assert.equal(new Set(serials.map((serial) => Buffer.from(serial).toString('hex'))).size, 100);
  });

  it('writes years after 2049 as GeneralizedTime', () => {
    // The parser refuses either kind of time on the wrong side of 2050.
    for (const now of [
      new Date('2049-12-25T00:00:00Z'),
      new Date('2050-01-01T00:01:00Z'),
      new Date('2051-06-01T00:00:00Z'),
    ]) {
      const { notAfter } = createAuthority({ name: 'late CA', days: 10, now });
      assert.equal(notAfter.getTime(), now.getTime() - 60_000 + 10 * DAY_MS - 1000);
    }
  });

  it('makes certificates that fit keys whose point reads as DER itself', () => {
    // A point starts with 0x04, the tag of an octet string: 1 key in 256 has 0x3f next, a length
    // that fits.
    for (let i = 0; i < 600; i++) {
      const leaf = ca.issue({ role: 'tenant', name: 't', days: 1 });
      if (new X509Certificate(leaf.certPem).checkPrivateKey(createPrivateKey(leaf.keyPem))) continue;
      assert.fail(leaf.certPem);
    }
  });

  const wrong: [string, Partial<LeafRequest>][] = [
    ['no name', { name: '' }],
    ['a name in capitals', { name: 'Someone' }],
    ['a name with a slash', { name: 'a/b' }],
    ['a name that starts with a dot', { name: '.hidden' }],
    ['a name of 64 characters', { name: 'a'.repeat(64) }],
    ['no day', { days: 0 }],
    ['half a day', { days: 0.5 }],
    ['399 days', { days: 399 }],
    ['no number of days', { days: Number.NaN }],
    ['hosts of a tenant', { hosts: ['localhost'] }],
    ['a wildcard', { role: 'cell', hosts: ['*.example.com'] }],
    ['a host in capitals', { role: 'cell', hosts: ['Example.com'] }],
    ['a host with a port', { role: 'cell', hosts: ['example.com:443'] }],
    ['an empty host', { role: 'cell', hosts: [''] }],
    ['a scoped address', { role: 'cell', hosts: ['fe80::1%eth0'] }],
  ];
  for (const [what, change] of wrong) {
    it(`refuses ${what}`, () => {
      const request: LeafRequest = { role: 'tenant', name: 't', days: 1, ...change };
      assert.equal(
        codeOf(() => ca.issue(request)),
        'certificate_request_invalid',
      );
    });
  }

  for (const [what, options] of [
    ['a nameless CA', { name: '', days: 1 }],
    ['a CA with a name too long', { name: 'x'.repeat(65), days: 1 }],
    ['a CA of 3651 days', { name: 'x', days: 3651 }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.equal(
        codeOf(() => createAuthority(options)),
        'certificate_request_invalid',
      );
    });
  }
});

describe('loadAuthority', () => {
  const key = ca.exportKeyPem();

  it('goes on issuing where the first left off', () => {
    const again = loadAuthority(ca.certPem, key);
    const leaf = again.issue({ role: 'admin', name: 'a', days: 1 });
    assert.equal(checkPeerChain([leaf.certDer], { caDer: ca.certDer, usage: 'client' }).role, 'admin');
  });

  it('issues from a CA of others that fits: its own key identifier is what leaves refer to', () => {
    const other = makeCa({ text: 'Some other CA' });
    const leaf = loadAuthority(toPem(other.der), keyPemOf(other.key.privateKey)).issue({
      role: 'cell',
      name: 'c',
      days: 2,
    });
    assert.equal(checkPeerChain([leaf.certDer], { caDer: other.der, usage: 'server', host: '::1' }).name, 'c');
  });

  it('refuses what is no CA of ours to issue from', () => {
    const leaf = ca.issue({ role: 'tenant', name: 't', days: 1 });
    const other = createAuthority({ name: 'other', days: 1 });
    const old = createAuthority({ name: 'old', days: 1, now: new Date(Date.now() - 3 * DAY_MS) });
    const early = createAuthority({ name: 'early', days: 1, now: new Date(Date.now() + 3 * DAY_MS) });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const table: [string, string, string][] = [
      ['', key, 'ca_unreadable'],
      [ca.certPem, '', 'ca_unreadable'],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', key, 'ca_unreadable'],
      [leaf.certPem, leaf.keyPem, 'ca_unfit'],
      [ca.certPem, other.exportKeyPem(), 'ca_key_mismatch'],
      [ca.certPem, keyPemOf(rsa.privateKey), 'ca_key_mismatch'],
      [old.certPem, old.exportKeyPem(), 'ca_expired'],
      [early.certPem, early.exportKeyPem(), 'ca_expired'],
    ];
    for (const [certPem, keyPem, code] of table)
      assert.equal(
        codeOf(() => loadAuthority(certPem, keyPem)),
        code,
      );
  });
});

describe('ipOctets', () => {
  for (const [text, hex] of [
    ['127.0.0.1', '7f000001'],
    ['::1', '00000000000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['::ffff:192.0.2.128', '00000000000000000000ffffc0000280'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['fe80::', 'fe800000000000000000000000000000'],
    ['localhost', undefined],
    ['127.1', undefined],
    ['fe80::1%lo', undefined],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['255.255.255.255', 'ffffffff'],
    ['', undefined],
  ] as const) {
    it(`reads "${text}"`, () => {
      const octets = ipOctets(text);
      assert.equal(octets && Buffer.from(octets).toString('hex'), hex);
    });
  }
});

it('ipOctets knows an address when and only when node:net does', () => {
  const digit = fc.constantFrom(...'0123456789abcdefF:.:.::');
  const near = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: digit, maxLength: 24 }));
  fc.assert(
    fc.property(near, (text) => (ipOctets(text)?.length ?? 0) === { 0: 0, 4: 4, 6: 16 }[isIP(text)]),
    { numRuns: 3000 },
  );
});

describe('the check of a chain', () => {
  const maker = new ChainMaker(makeCa(), 'client');
  const leaf = maker.leaf();
  const { notBefore, notAfter } = parseCertificate(leaf);
  const at = (now: Date) => codeOf(() => checkPeerChain([leaf], { caDer: maker.ca.der, usage: 'client', now }));

  it('holds from the first to the last second of validity', () => {
    const second = (date: Date, more: number) => new Date(date.getTime() + more);
    assert.equal(at(second(notBefore, -1)), 'client_certificate_expired');
    assert.equal(at(notBefore), 'nothing thrown');
    assert.equal(at(second(notAfter, 999)), 'nothing thrown');
    assert.equal(at(second(notAfter, 1000)), 'client_certificate_expired');
  });

  it('holds to the name that is expected', () => {
    const named = (name: string) =>
      codeOf(() => checkPeerChain([leaf], { caDer: maker.ca.der, usage: 'client', name }));
    assert.equal(named('someone'), 'nothing thrown');
    assert.equal(named('someone-else'), 'client_certificate_unfit');
  });

  it('lets no leaf through with any one byte changed, and never throws anything untyped', () => {
    for (let i = 0; i < leaf.length; i++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(leaf);
        changed[i] = (changed[i] ?? 0) ^ flip;
        const code = codeOf(() => checkPeerChain([changed], { caDer: maker.ca.der, usage: 'client' }));
        assert.match(code, /^client_certificate_un(fit|trusted)$/, `byte ${i} ^ ${flip}`);
      }
    }
    for (let length = 0; length < leaf.length; length++) {
      const cut = leaf.subarray(0, length);
      const code = codeOf(() => checkPeerChain([cut], { caDer: maker.ca.der, usage: 'client' }));
      assert.equal(code, 'client_certificate_unfit', `cut to ${length}`);
    }
  });
});
