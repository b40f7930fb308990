import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellKeys } from '../../../../toolchain/cloud/cellKeys.ts';
import { createAuthority } from '../../../../toolchain/trust/authority.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('the keys of a cell', () => {
  const before = process.env.XDG_STATE_HOME;
  let home: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async function () {
    // Windows keeps its records in another folder, by another variable.
    if (process.platform === 'win32') this.skip();
    home = await temporaryFolder();
    process.env.XDG_STATE_HOME = home.path;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
    await home?.[Symbol.asyncDispose]();
  });

  it('are made once, of one CA, for the user alone to read', async () => {
    const keys = await cellKeys('aws', 'one', 'acme');
    const names = readdirSync(keys.folder).sort();
    assert.deepEqual(names, [
      'admin-owner-key.pem',
      'admin-owner.pem',
      'ca-key.pem',
      'ca.pem',
      'tenant-acme-key.pem',
      'tenant-acme.pem',
    ]);
    for (const name of names) assert.equal(statSync(join(keys.folder, name)).mode & 0o777, 0o600, name);
    const ca = new X509Certificate(keys.authority.certPem);
    for (const [pair, uri] of [
      [keys.admin, 'grafos://admin/owner'],
      [keys.tenant, 'grafos://tenant/acme'],
    ] as const) {
      const cert = new X509Certificate(pair.certPem);
      assert.ok(cert.verify(ca.publicKey));
      assert.match(cert.subjectAltName ?? '', new RegExp(uri));
    }
    assert.match(keys.caMark, /^[0-9a-f]{32}$/);
    const again = await cellKeys('aws', 'one', 'acme');
    assert.deepEqual([again.admin, again.tenant, again.caMark], [keys.admin, keys.tenant, keys.caMark]);
  });

  it('are others for another cell, another cloud and another tenant', async () => {
    const [one, other, gcp, tenant] = [
      await cellKeys('aws', 'one', 'acme'),
      await cellKeys('aws', 'other', 'acme'),
      await cellKeys('gcp', 'one', 'acme'),
      await cellKeys('aws', 'one', 'second'),
    ];
    assert.equal(new Set([one.caMark, other.caMark, gcp.caMark]).size, 3);
    assert.deepEqual([tenant.caMark, tenant.admin], [one.caMark, one.admin]);
    assert.notEqual(tenant.tenant.certPem, one.tenant.certPem);
  });

  it('are made anew where a pair is damaged, half there, mixed up or of another CA', async () => {
    const keys = await cellKeys('aws', 'one', 'acme');
    const { cert, key } = keys.tenant;
    const foreign = createAuthority({ name: 'grafOS cell CA', days: 400 });
    const pair = foreign.issue({ role: 'tenant', name: 'acme', days: 90 });
    const damages: Array<[what: string, damage: () => void]> = [
      ['a certificate that cannot be read', () => writeFileSync(cert, 'damaged')],
      ['a key that cannot be read', () => writeFileSync(key, 'damaged')],
      ['the key of another certificate', () => writeFileSync(key, keys.admin.keyPem)],
      ['no key', () => rmSync(key)],
      ['no certificate', () => rmSync(cert)],
      [
        'a pair of another CA',
        () => {
          writeFileSync(cert, pair.certPem);
          writeFileSync(key, pair.keyPem);
        },
      ],
      [
        'a pair that ends soon',
        () => {
          const soon = keys.authority.issue({ role: 'tenant', name: 'acme', days: 20 });
          writeFileSync(cert, soon.certPem);
          writeFileSync(key, soon.keyPem);
        },
      ],
    ];
    for (const [what, damage] of damages) {
      damage();
      const { tenant, admin, caMark } = await cellKeys('aws', 'one', 'acme');
      assert.deepEqual([admin, caMark], [keys.admin, keys.caMark], what);
      const made = new X509Certificate(tenant.certPem);
      assert.ok(made.verify(new X509Certificate(keys.authority.certPem).publicKey), what);
      assert.ok(Date.parse(made.validTo) - Date.now() > 80 * 86_400_000, what);
      assert.deepEqual((await cellKeys('aws', 'one', 'acme')).tenant, tenant, what);
    }
  });

  it('are of a CA that is given, whose key is not kept', async () => {
    const ca = createAuthority({ name: 'mine', days: 10 });
    const given = { ca: join(home.path, 'mine.pem'), caKey: join(home.path, 'mine-key.pem') };
    writeFileSync(given.ca, ca.certPem);
    writeFileSync(given.caKey, ca.exportKeyPem(), { mode: 0o600 });
    const keys = await cellKeys('gcp', 'one', 'acme', given);
    assert.equal(keys.authority.certPem, ca.certPem);
    assert.equal(readdirSync(keys.folder).includes('ca-key.pem'), false);
    // A leaf ends no later than its CA, and is not made anew for that each time.
    assert.deepEqual((await cellKeys('gcp', 'one', 'acme', given)).admin, keys.admin);
    await assert.rejects(cellKeys('gcp', 'one', 'acme'), { code: 'ca_unreadable', next: /--ca ca\.pem/ });
  });

  it('are an error where their CA is damaged, which is not replaced', async () => {
    const { folder } = await cellKeys('aws', 'one', 'acme');
    writeFileSync(join(folder, 'ca.pem'), 'damaged');
    await assert.rejects(cellKeys('aws', 'one', 'acme'), { name: 'GrafosError' });
    const other = createAuthority({ name: 'grafOS cell CA', days: 400 });
    writeFileSync(join(folder, 'ca.pem'), other.certPem);
    await assert.rejects(cellKeys('aws', 'one', 'acme'), { code: 'ca_key_mismatch' });
  });
});
