import { checkPeerChain, type PeerIdentity } from '../../peers/peerCertificate.ts';
import { caDerFromPem } from '../../peers/peerFiles.ts';
import { PeerRefusedError } from '../../peers/peerRefused.ts';
import type { Quota, Tenant, TenantCreate } from '../../wire/tenantApi.ts';
import type { ModuleStore } from '../moduleStore.ts';
import { RefusedError } from '../refused.ts';
import type { RunFeed } from '../runs/runFeed.ts';
import type { RunService } from '../runs/runService.ts';
import type { CellStore } from '../store/cellStore.ts';
import type { RunFiles } from '../store/runFiles.ts';
import type { RunTable } from '../store/runTable.ts';
import type { StoredTenant, TenantTable } from '../store/tenantTable.ts';
import type { Handlers } from './call.ts';

export interface TenantRouteParts {
  caPem: string;
  store: CellStore;
  tenants: TenantTable;
  runs: RunTable;
  files: RunFiles;
  modules: ModuleStore;
  service: RunService;
  feed: RunFeed;
}

type TenantHandlers = Pick<Handlers, 'listTenants' | 'createTenant' | 'deleteTenant' | 'getQuota' | 'setQuota'>;

export function createTenantRoutes(parts: TenantRouteParts): TenantHandlers {
  const { caPem, store, tenants, runs, files, modules, service, feed } = parts;
  const caDer = caDerFromPem(caPem);

  const render = (tenant: StoredTenant): Tenant => ({
    name: tenant.name,
    key_sha256: tenant.key_sha256,
    created_at: new Date(tenant.created_at).toISOString(),
    quota: tenant.quota,
    runs_active: service.runsActive(tenant.name),
  });

  const known = (name: string | undefined): StoredTenant => {
    const tenant = tenants.get(name ?? '');
    if (tenant === undefined)
      throw new RefusedError('not_found', `There is no tenant ${name}.`, 'grafos admin list-tenants');
    return tenant;
  };

  return {
    listTenants: ({ actor }) => {
      const visible = actor.role === 'admin' ? tenants.all() : tenants.all().filter(({ name }) => name === actor.name);
      return { status: 200, json: { tenants: visible.map(render) } };
    },
    createTenant: async ({ body }) => {
      const { name, certificate_pem, rotate = false } = body as TenantCreate;
      const { spkiSha256 } = checkCertificate(certificate_pem, name, caDer);
      const before = tenants.get(name);
      if (before !== undefined && before.key_sha256 !== spkiSha256 && !rotate) {
        throw new RefusedError(
          'tenant_exists',
          `The tenant ${name} is registered with another key.`,
          'Give it this key with "rotate": true, or choose another name.',
        );
      }
      if (before?.key_sha256 === spkiSha256) return { status: 200, json: render(before), subject: name };
      const { tenant, durable } = tenants.put(name, certificate_pem, spkiSha256);
      if (before !== undefined) feed.revoke(name);
      await durable;
      return { status: before === undefined ? 201 : 200, json: render(tenant), subject: name };
    },
    deleteTenant: async ({ params }) => {
      const { name } = known(params.tenant);
      if (service.runsActive(name) > 0 || service.memInUse(name) > 0) {
        throw new RefusedError(
          'leases_active',
          `The tenant ${name} has runs or leases.`,
          'Cancel its runs, and wait for its leases to end.',
        );
      }
      const { value: long, durable } = store.change(() => {
        modules.removeTenant(name);
        tenants.remove(name);
        return runs.removeTenant(name);
      });
      await durable;
      await files.remove(long);
      feed.revoke(name);
      return { status: 204, subject: name };
    },
    getQuota: ({ params }) => ({ status: 200, json: known(params.tenant).quota, subject: params.tenant ?? null }),
    setQuota: async ({ params, body }) => {
      const { name } = known(params.tenant);
      const quota = body as Quota;
      if (quota.runs_hard < quota.runs_soft) {
        throw new RefusedError('bad_request', 'runs_hard is below runs_soft.', 'Raise the one or lower the other.');
      }
      const { tenant, durable } = tenants.setQuota(name, quota);
      await durable;
      return { status: 200, json: tenant.quota, subject: name };
    },
  };
}

function checkCertificate(pem: string, name: string, caDer: Uint8Array): PeerIdentity {
  try {
    return checkPeerChain([caDerFromPem(pem)], { caDer, usage: 'client', roles: ['tenant'], name });
  } catch (error) {
    if (error instanceof PeerRefusedError) {
      throw new RefusedError(
        'bad_request',
        `The certificate is not one of the tenant ${name}: ${error.detail}.`,
        'Issue one with the CA of this cell: grafos admin issue-cert. A local stack makes one: grafos dev up --tenant NAME.',
      );
    }
    throw new RefusedError(
      'bad_request',
      'The certificate is not one certificate in PEM.',
      'Give the file that grafos admin issue-cert wrote.',
    );
  }
}
