import type { CommandSpec } from './command.ts';
import { DIRECT } from './directOptions.ts';

/** The rows of `grafos admin`: trust, tenants and the audit log of a scheduler. */
export const ADMIN_COMMANDS: CommandSpec[] = [
  {
    name: 'admin init-ca',
    summary: 'Make a certificate authority that you keep',
    options: [
      { flags: '--out <folder>', description: 'folder for ca.pem and ca-key.pem', required: true },
      { flags: '--days <n>', description: 'validity', default: '365' },
    ],
    examples: ['grafos admin init-ca --out ca'],
    json: '{cert, key, not_after}',
    load: async () => (await import('./commands/certificates.ts')).initCa,
  },
  {
    name: 'admin issue-cert',
    summary: 'Issue a client certificate of a tenant or an admin',
    args: [{ name: '<name>', description: 'name of the tenant or admin' }],
    options: [
      { flags: '--ca <file>', description: 'CA certificate', required: true },
      { flags: '--ca-key <file>', description: 'CA key', required: true },
      { flags: '--out <folder>', description: 'folder for the pair', required: true },
      { flags: '--role <role>', description: 'whose', choices: ['tenant', 'admin'], default: 'tenant' },
      { flags: '--days <n>', description: 'validity', default: '90' },
    ],
    examples: ['grafos admin issue-cert acme --ca ca/ca.pem --ca-key ca/ca-key.pem \\', '  --out acme'],
    json: '{cert, key, not_after}',
    load: async () => (await import('./commands/certificates.ts')).issueCert,
  },
  {
    name: 'admin issue-server-cert',
    summary: 'Issue the certificate of a cell or a scheduler',
    args: [{ name: '<name>', description: 'cell id, or name of the scheduler' }],
    options: [
      { flags: '--ca <file>', description: 'CA certificate', required: true },
      { flags: '--ca-key <file>', description: 'CA key', required: true },
      { flags: '--out <folder>', description: 'folder for the pair', required: true },
      { flags: '--role <role>', description: 'whose', choices: ['cell', 'scheduler'], default: 'scheduler' },
      { flags: '--host <host>', description: 'DNS name or IP address that clients use', repeatable: true },
      { flags: '--days <n>', description: 'validity', default: '90' },
    ],
    json: '{cert, key, not_after}',
    load: async () => (await import('./commands/certificates.ts')).issueServerCert,
  },
  {
    name: 'admin promote',
    summary: 'Let a scheduler on standby take runs',
    options: DIRECT,
    json: 'health',
    load: async () => (await import('./commands/admin.ts')).promote,
  },
  {
    name: 'admin create-tenant',
    summary: 'Register a tenant and its key',
    args: [{ name: '<name>', description: 'name of the tenant' }],
    options: [{ flags: '--tenant-cert <file>', description: "the tenant's certificate", required: true }, ...DIRECT],
    json: 'tenant',
    load: async () => (await import('./commands/admin.ts')).createTenant,
  },
  {
    name: 'admin list-tenants',
    summary: 'List tenants with their quotas',
    options: DIRECT,
    json: '[tenant]',
    load: async () => (await import('./commands/admin.ts')).listTenants,
  },
  {
    name: 'admin set-quota',
    summary: 'Set the quota of a tenant; what is not given stays',
    args: [{ name: '<tenant>', description: 'name of the tenant' }],
    options: [
      { flags: '--runs-soft <n>', description: 'runs at one time before a burst is needed' },
      { flags: '--runs-hard <n>', description: 'runs at one time, never more' },
      { flags: '--burst-per-minute <n>', description: 'runs a minute that may start above the soft limit' },
      { flags: '--mem <size>', description: 'fabric memory leased at one time' },
      ...DIRECT,
    ],
    json: '{runs_soft, runs_hard, burst_per_minute, mem_bytes}',
    load: async () => (await import('./commands/admin.ts')).setQuota,
  },
  {
    name: 'admin delete-tenant',
    summary: 'Remove a tenant without active leases',
    args: [{ name: '<tenant>', description: 'name of the tenant' }],
    options: DIRECT,
    json: '{deleted: name}',
    load: async () => (await import('./commands/admin.ts')).deleteTenant,
  },
  {
    name: 'admin audit-query',
    summary: 'Read the audit log, newest first',
    options: [
      { flags: '--limit <n>', description: 'records at most', default: '50' },
      { flags: '--actor <name>', description: 'only of this tenant or admin' },
      { flags: '--reason <label>', description: 'only with this reason' },
      { flags: '--verify', description: 'follow the chain through all records instead, and say where it breaks' },
      ...DIRECT,
    ],
    json: '[record]; with --verify {ok, records, first_seq, last_seq, last_sha256, faults}',
    load: async () => (await import('./commands/admin.ts')).auditQuery,
  },
];
