import { createHash } from 'node:crypto';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { SchemaName } from '../../daemons/wire/apiSchemas.ts';
import type { Run, RunRecord, RunSubmit } from '../../daemons/wire/tenantApi.ts';

export const RUN_ID = '01jx0000000000000000000000';
const AT = '2026-01-02T03:04:05.678Z';
const HASH = 'ab'.repeat(32);
export const OUTPUT = Buffer.from('{"a":1}');
export const OUTPUT_SHA256 = createHash('sha256').update(OUTPUT).digest('hex');
const identity = {
  cell_id: 'aws-1',
  provider: 'aws',
  region: 'eu-central-1',
  version: '0.1.0',
  started_at: AT,
  transport: 'quic',
  mem_dataplane: 'https://127.0.0.1:1/mem',
  mem_dataplane_sha256: HASH,
  mem_dataplane_transport: 'http2',
};
const quota = { runs_soft: 1, runs_hard: 2, burst_per_minute: 3, mem_bytes: 4 };
const tenant = { name: 'acme', key_sha256: HASH, created_at: AT, quota, runs_active: 0 };

export const SUBMIT: RunSubmit = {
  program: 'demo',
  tasklet: 'demo',
  version: '0.1.0',
  module_sha256: HASH,
  input_b64: '',
  mem_bytes: 0,
  fuel: 1,
  linear_memory_bytes: 0,
  timeout_ms: 1,
};

export const RUN: Run = {
  run_id: RUN_ID,
  tenant: 'acme',
  program: 'demo',
  tasklet: 'demo',
  version: '0.1.0',
  provider: 'aws',
  cell_id: 'aws-1',
  module_sha256: HASH,
  state: 'failed',
  created_at: AT,
  ended_at: AT,
  response: {
    run_id: RUN_ID,
    state: 'failed',
    error: {
      code: 'tasklet_failed',
      message: 'no',
      label: 'no_luck',
      exit_code: 1,
      frames: [{ function: 3, offset: 17 }],
    },
    output: { a: 1 },
    output_bytes: OUTPUT.length,
    output_sha256: OUTPUT_SHA256,
    fuel_used: 1,
    linear_memory_peak: 2,
    duration_us: 3,
    module_sha256: HASH,
    cell_id: 'aws-1',
    provider: 'aws',
  },
  lease_id: 'lease-1',
};

export const RECORD: RunRecord = {
  run_id: RUN_ID,
  tenant: 'acme',
  program: 'demo',
  tasklet: 'demo',
  version: '0.1.0',
  provider: 'aws',
  region: 'eu-central-1',
  cell_id: 'aws-1',
  module_sha256: HASH,
  input_sha256: HASH,
  input_bytes: 0,
  seed: HASH,
  start_unix_nanos: '1',
  mem_bytes: 0,
  fuel: 1,
  linear_memory_bytes: 0,
  timeout_ms: 1,
};

export interface GoodAnswer {
  schema: SchemaName;
  call(client: SchedulerClient): Promise<unknown>;
  /** The body that a good scheduler answers with. */
  good: unknown;
}

/** Every call of the client that is answered with JSON, and a good answer to it. */
export const GOOD_ANSWERS: Record<string, GoodAnswer> = {
  health: {
    schema: 'Health',
    call: (client) => client.health(),
    good: {
      status: 'ok',
      mode: 'cell',
      role: 'active',
      version: '0.1.0',
      cell_id: 'aws-1',
      cell: identity,
      last_heartbeat: AT,
    },
  },
  getRun: { schema: 'Run', call: (client) => client.getRun(RUN_ID), good: RUN },
  submit: { schema: 'Run', call: (client) => client.submit(SUBMIT), good: RUN },
  cancel: { schema: 'Run', call: (client) => client.cancel(RUN_ID), good: RUN },
  listRuns: { schema: 'RunList', call: (client) => client.listRuns(), good: { runs: [RUN] } },
  record: { schema: 'RunRecord', call: (client) => client.record(RUN), good: RECORD },
  listArtifacts: {
    schema: 'ArtifactList',
    call: (client) => client.listArtifacts(RUN_ID),
    good: { artifacts: [{ name: 'run.log', size: 1, sha256: HASH }] },
  },
  capability: {
    schema: 'Capability',
    call: (client) => client.capability(RUN, { rights: ['read'] }),
    good: {
      token: 'a.b.c',
      lease_id: 'lease-1',
      bytes: 1,
      expires_at: AT,
      mem_dataplane: 'https://127.0.0.1:1/mem',
      mem_dataplane_sha256: HASH,
    },
  },
  putModule: {
    schema: 'ModulePut',
    call: (client) => client.putModule(HASH, Buffer.from('x')),
    good: { module_sha256: HASH, size: 1 },
  },
  admissions: {
    schema: 'AdmissionList',
    call: (client) => client.admissions(),
    good: {
      admissions: [
        {
          at: AT,
          run_id: RUN_ID,
          tenant: 'acme',
          program: 'demo',
          tasklet: 'demo',
          decision: 'admitted',
          reason: 'ok',
        },
      ],
    },
  },
  placements: {
    schema: 'PlacementList',
    call: (client) => client.placements(),
    good: {
      placements: [{ at: AT, run_id: RUN_ID, tenant: 'acme', decision: 'placed', cell_id: 'aws-1', reason: 'ok' }],
    },
  },
  inventory: {
    schema: 'Inventory',
    call: (client) => client.inventory(),
    good: {
      cells: [
        {
          ...identity,
          inventory: { mem_capacity: 1, mem_leased: 0, leases: 0, runs_active: 0, workers: 1 },
          healthy: true,
          last_heartbeat: AT,
        },
      ],
    },
  },
  tenants: { schema: 'TenantList', call: (client) => client.tenants(), good: { tenants: [tenant] } },
  createTenant: { schema: 'Tenant', call: (client) => client.createTenant('acme', 'x'), good: tenant },
  getQuota: { schema: 'Quota', call: (client) => client.getQuota('acme'), good: quota },
  setQuota: { schema: 'Quota', call: (client) => client.setQuota('acme', quota), good: quota },
  audit: {
    schema: 'AuditList',
    call: (client) => client.audit(),
    good: {
      records: [
        {
          seq: 1,
          at: AT,
          actor: 'acme',
          peer: '127.0.0.1:1',
          action: 'getRun',
          decision: 'allowed',
          reason: 'ok',
          subject: null,
          prev_sha256: HASH,
        },
      ],
    },
  },
};
