import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Quota } from '../../wire/tenantApi.ts';
import type { CellStore } from './cellStore.ts';

export interface StoredTenant {
  readonly name: string;
  readonly key_sha256: string;
  /** The key that must have signed the tokens of this tenant. */
  readonly key: KeyObject;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  readonly quota: Quota;
}

/**
 * The tenants, all in memory: they are few, and every request asks for one. A changed tenant is a
 * new object.
 */
export interface TenantTable {
  get(name: string): StoredTenant | undefined;
  all(): StoredTenant[];
  /** Adds the tenant or gives it another key. `durable` as in {@link CellStore.change}. */
  put(name: string, certificatePem: string, keySha256: string): { tenant: StoredTenant; durable: Promise<void> };
  setQuota(name: string, quota: Quota): { tenant: StoredTenant; durable: Promise<void> };
  /** Call inside {@link CellStore.change}. */
  remove(name: string): void;
}

/** Room for a busy test suite on one machine; an admin sets anything else. */
export const DEFAULT_QUOTA: Quota = {
  runs_soft: 64,
  runs_hard: 256,
  burst_per_minute: 600,
  mem_bytes: 1024 * 1024 * 1024,
};

export function createTenantTable(store: CellStore): TenantTable {
  const selectAll = store.prepare('SELECT * FROM tenants');
  const upsert = store.prepare(
    `INSERT INTO tenants (name, certificate_pem, key_sha256, created_at, runs_soft, runs_hard, burst_per_minute, mem_bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET certificate_pem = excluded.certificate_pem, key_sha256 = excluded.key_sha256`,
  );
  const updateQuota = store.prepare(
    'UPDATE tenants SET runs_soft = ?, runs_hard = ?, burst_per_minute = ?, mem_bytes = ? WHERE name = ?',
  );
  const remove = store.prepare('DELETE FROM tenants WHERE name = ?');

  const tenants = new Map<string, StoredTenant>();
  for (const row of selectAll.all()) {
    tenants.set(String(row.name), {
      name: String(row.name),
      key_sha256: String(row.key_sha256),
      key: createPublicKey(String(row.certificate_pem)),
      created_at: Number(row.created_at),
      quota: {
        runs_soft: Number(row.runs_soft),
        runs_hard: Number(row.runs_hard),
        burst_per_minute: Number(row.burst_per_minute),
        mem_bytes: Number(row.mem_bytes),
      },
    });
  }

  return {
    get: (name) => tenants.get(name),
    all: () => [...tenants.values()],
    put: (name, certificatePem, keySha256) => {
      const known = tenants.get(name);
      const quota = known?.quota ?? DEFAULT_QUOTA;
      const tenant: StoredTenant = {
        name,
        key_sha256: keySha256,
        key: createPublicKey(certificatePem),
        created_at: known?.created_at ?? Date.now(),
        quota,
      };
      const { runs_soft, runs_hard, burst_per_minute, mem_bytes } = quota;
      const { durable } = store.change(() =>
        upsert.run(
          name,
          certificatePem,
          keySha256,
          tenant.created_at,
          runs_soft,
          runs_hard,
          burst_per_minute,
          mem_bytes,
        ),
      );
      tenants.set(name, tenant);
      return { tenant, durable };
    },
    setQuota: (name, quota) => {
      const known = tenants.get(name);
      if (known === undefined) throw new Error(`no tenant ${name}`);
      const { durable } = store.change(() =>
        updateQuota.run(quota.runs_soft, quota.runs_hard, quota.burst_per_minute, quota.mem_bytes, name),
      );
      const tenant = { ...known, quota };
      tenants.set(name, tenant);
      return { tenant, durable };
    },
    remove: (name) => {
      remove.run(name);
      tenants.delete(name);
    },
  };
}
