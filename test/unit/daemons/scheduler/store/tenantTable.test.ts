import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type CellStore, openCellStore } from '../../../../../daemons/scheduler/store/cellStore.ts';
import { createTenantTable, DEFAULT_QUOTA } from '../../../../../daemons/scheduler/store/tenantTable.ts';
import { createAuthority } from '../../../../../toolchain/trust/authority.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const ca = createAuthority({ name: 'tenants', days: 2 });
const [one, two] = ['a', 'b'].map((name) => ca.issue({ role: 'tenant', name, days: 1 }).certPem) as [string, string];
const QUOTA = { runs_soft: 1, runs_hard: 2, burst_per_minute: 3, mem_bytes: 2 ** 40 };

describe('the table of tenants', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let store: CellStore;
  const reopened = () => {
    store.close();
    store = openCellStore(folder.path);
    return createTenantTable(store);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = openCellStore(folder.path);
  });
  afterEach(async () => {
    store.close();
    await folder[Symbol.asyncDispose]();
  });

  it('keeps a tenant with its key and the quota of a new one, over a restart', async () => {
    const table = createTenantTable(store);
    const { tenant, durable } = table.put('acme', one, 'hash-1');
    await durable;
    assert.deepEqual(tenant.quota, DEFAULT_QUOTA);
    assert.ok(tenant.key.equals(new X509Certificate(one).publicKey));
    const again = reopened().get('acme');
    assert.deepEqual(
      [again?.key_sha256, again?.created_at, again?.quota],
      ['hash-1', tenant.created_at, DEFAULT_QUOTA],
    );
    assert.ok(again?.key.equals(tenant.key));
  });

  it('gives a tenant another key, and its age and quota stay', async () => {
    const table = createTenantTable(store);
    const { tenant: before } = table.put('acme', one, 'hash-1');
    table.setQuota('acme', QUOTA);
    const { tenant } = table.put('acme', two, 'hash-2');
    assert.deepEqual([tenant.created_at, tenant.quota, tenant.key_sha256], [before.created_at, QUOTA, 'hash-2']);
    const again = reopened().get('acme');
    assert.deepEqual([again?.quota, again?.key_sha256], [QUOTA, 'hash-2']);
    assert.ok(again?.key.equals(new X509Certificate(two).publicKey));
  });

  it('makes a new object of each change, so that one in hand stays as it was', () => {
    const table = createTenantTable(store);
    const { tenant } = table.put('acme', one, 'hash-1');
    const { tenant: changed } = table.setQuota('acme', QUOTA);
    assert.deepEqual([tenant.quota, changed.quota, table.get('acme')], [DEFAULT_QUOTA, QUOTA, changed]);
  });

  it('changes nothing for a certificate that cannot be read, or a tenant that there is not', () => {
    const table = createTenantTable(store);
    table.put('acme', one, 'hash-1');
    assert.throws(() => table.put('acme', 'no PEM', 'hash-3'));
    assert.throws(() => table.put('other', 'no PEM', 'hash-3'));
    assert.throws(() => table.setQuota('other', QUOTA), /no tenant other/);
    for (const each of [table, reopened()]) {
      assert.deepEqual(
        each.all().map(({ name, key_sha256 }) => [name, key_sha256]),
        [['acme', 'hash-1']],
      );
    }
  });

  it('forgets a tenant that is removed', () => {
    const table = createTenantTable(store);
    table.put('acme', one, 'hash-1');
    table.put('other', two, 'hash-2');
    store.change(() => table.remove('acme'));
    assert.deepEqual([table.get('acme'), table.all().length], [undefined, 1]);
    assert.deepEqual(
      reopened()
        .all()
        .map(({ name }) => name),
      ['other'],
    );
  });

  it('takes names apart that differ in their case, and no name for a part of SQL', () => {
    const table = createTenantTable(store);
    const names = ['acme', 'Acme', "x'); DROP TABLE tenants; --", '__proto__'];
    for (const name of names) table.put(name, one, name);
    const again = reopened();
    assert.deepEqual(
      again
        .all()
        .map(({ name }) => name)
        .sort(),
      [...names].sort(),
    );
    for (const name of names) assert.equal(again.get(name)?.key_sha256, name);
    assert.equal(again.get('constructor'), undefined);
  });
});
