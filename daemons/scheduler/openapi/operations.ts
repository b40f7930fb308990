/**
 * Every operation of the tenant API. This one table makes the OpenAPI document, the routes, the
 * validation of requests, and docs/reference/api.md.
 */

import { peerName, runId, type Schema, type SchemaName, sha256 } from '../../wire/apiSchemas.ts';
import { ARTIFACT_NAMES, REFUSAL_REASONS, type RefusalReason } from '../../wire/tenantApi.ts';

export interface Operation {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** The path, with `{name}` in the place of a parameter. */
  path: string;
  summary: string;
  description?: string;
  /**
   * The callers that are allowed: any certificate of this cell without a token, or the holder of a
   * token of these roles.
   */
  who: 'certificate' | ReadonlyArray<'tenant' | 'admin'>;
  params?: Readonly<Record<string, Schema>>;
  query?: Readonly<Record<string, Schema>>;
  headers?: Readonly<Record<string, { description: string; schema: Schema }>>;
  body?: SchemaName | 'bytes';
  answers: Readonly<Record<number, { description: string; body?: SchemaName | 'bytes' | 'events' }>>;
  /** Beside those that every operation of its kind may meet. */
  refusals: readonly RefusalReason[];
}

const limit = (fallback: number, maximum: number): Schema => ({
  type: 'integer',
  minimum: 1,
  maximum,
  default: fallback,
  description: `The most entries, newest first`,
});

const prefer = {
  Prefer: {
    description: '`wait=N` (RFC 7240) holds the answer until the run ended, at most N seconds',
    schema: { type: 'string', maxLength: 128 } as Schema,
  },
};

const ANY = ['tenant', 'admin'] as const;
const TENANT = ['tenant'] as const;
const ADMIN = ['admin'] as const;

const OF_A_RUN = ['not_found', 'run_of_another_tenant'] as const;

export const OPERATIONS = {
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Is the scheduler there, is it active, and does its cell answer?',
    who: 'certificate',
    answers: { 200: { description: '`status` is `degraded` while the cell does not answer', body: 'Health' } },
    refusals: [],
  },
  openapi: {
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'The OpenAPI document that requests are validated against.',
    who: 'certificate',
    answers: { 200: { description: 'OpenAPI 3.1' } },
    refusals: [],
  },
  headModule: {
    method: 'HEAD',
    path: '/api/v1/modules/{sha256}',
    summary: 'Has this tenant put this module?',
    who: TENANT,
    params: { sha256 },
    answers: { 200: { description: 'It has' } },
    refusals: ['not_found'],
  },
  getModule: {
    method: 'GET',
    path: '/api/v1/modules/{sha256}',
    summary: 'A module that this tenant has put.',
    who: TENANT,
    params: { sha256 },
    answers: { 200: { description: 'Its bytes', body: 'bytes' } },
    refusals: ['not_found', 'module_unknown'],
  },
  putModule: {
    method: 'PUT',
    path: '/api/v1/modules/{sha256}',
    summary: 'Store a module under the SHA-256 of its bytes.',
    description: 'The bytes are hashed as they arrive; nothing is kept unless the hash is the one of the address.',
    who: TENANT,
    params: { sha256 },
    body: 'bytes',
    answers: { 200: { description: 'Stored, or already there', body: 'ModulePut' } },
    refusals: ['module_hash_mismatch', 'body_too_large', 'scheduler_standby', 'storage_unavailable'],
  },
  submitRun: {
    method: 'POST',
    path: '/api/v1/runs',
    summary: 'Run a tasklet.',
    description:
      'The run is in the store before it is acknowledged, and its artifacts are before its end is reported. With an `Idempotency-Key` the same key and body give the same run, however often it is asked for, as long as the run is kept; a run that ended `worker_lost` is then run again under its own id, seed and start.',
    who: TENANT,
    headers: {
      ...prefer,
      'Idempotency-Key': {
        description: 'Chosen by the client, unique for each run it wants',
        schema: { type: 'string', minLength: 1, maxLength: 128 },
      },
    },
    body: 'RunSubmit',
    answers: {
      200: { description: 'The run ended while the answer was held', body: 'Run' },
      202: { description: 'The run is under way', body: 'Run' },
    },
    refusals: [
      'body_too_large',
      'module_unknown',
      'module_suspect',
      'idempotency_key_reused',
      'lease_denied: quota',
      'lease_denied: capacity',
      'quota_hard_limit_exceeded',
      'quota_burst_exceeded',
      'runtime_not_ready',
      'scheduler_standby',
      'storage_unavailable',
    ],
  },
  listRuns: {
    method: 'GET',
    path: '/api/v1/runs',
    summary: "The tenant's runs, newest first; an admin sees everybody's.",
    description: 'The `output` of each response is null here: ask for the run itself, or for its artifact.',
    who: ANY,
    query: {
      limit: limit(50, 1000),
      before: { ...runId, description: 'Only runs older than this one: the next page' },
    },
    answers: { 200: { description: 'Runs', body: 'RunList' } },
    refusals: ['not_found'],
  },
  allRunEvents: {
    method: 'GET',
    path: '/api/v1/runs/events',
    summary:
      "What happens to all of the tenant's runs, from now on, as server-sent events; an admin hears of everybody's.",
    description:
      'The first event is `listening` ({}): a client that lists the runs now misses none, though what it hears next may be older than the list. Nothing is kept for a client that was away: it listens and lists again. Then come `state` ({run_id, state, at, run}; a run is first reported when it is `placed` and in the store), `end` (the Run), and `refused` ({run_id, reason}) for a run that the cell would not have, and which is none after all. No `run` has its output here. The last event is `closed` ({reason}): `too_slow` for a client that left a mebibyte unread, `access_ended` when its tenant was deleted or given another key, `renew` after an hour, `stopping` with the scheduler. A comment every 15 s shows that the stream lives.',
    who: ANY,
    answers: { 200: { description: 'The events', body: 'events' } },
    refusals: ['too_many_streams'],
  },
  getRun: {
    method: 'GET',
    path: '/api/v1/runs/{id}',
    summary: 'One run.',
    who: ANY,
    params: { id: runId },
    answers: { 200: { description: 'The run', body: 'Run' } },
    refusals: OF_A_RUN,
  },
  cancelRun: {
    method: 'POST',
    path: '/api/v1/runs/{id}/cancel',
    summary: 'Cancel a run.',
    description: 'A run that ended stays as it ended.',
    who: ANY,
    params: { id: runId },
    headers: prefer,
    answers: {
      200: { description: 'The run has ended', body: 'Run' },
      202: { description: 'The cell has the request; the run is about to end', body: 'Run' },
    },
    refusals: OF_A_RUN,
  },
  runEvents: {
    method: 'GET',
    path: '/api/v1/runs/{id}/events',
    summary: 'What happens to a run, as server-sent events.',
    description:
      'The events so far come first: `state` ({run_id, state, at}) and `log` ({text}). Where the run goes on, `listening` ({}) follows, then the rest as it happens. The last event is `end` (the Run), after which the stream ends.',
    who: ANY,
    params: { id: runId },
    answers: { 200: { description: 'The events', body: 'events' } },
    refusals: OF_A_RUN,
  },
  listArtifacts: {
    method: 'GET',
    path: '/api/v1/runs/{id}/artifacts',
    summary: 'The artifacts of a run that exist by now.',
    who: ANY,
    params: { id: runId },
    answers: { 200: { description: 'Names, sizes and hashes', body: 'ArtifactList' } },
    refusals: OF_A_RUN,
  },
  getArtifact: {
    method: 'GET',
    path: '/api/v1/runs/{id}/artifacts/{name}',
    summary: 'One artifact.',
    who: ANY,
    params: { id: runId, name: { type: 'string', enum: ARTIFACT_NAMES } },
    answers: { 200: { description: 'Its bytes', body: 'bytes' } },
    refusals: OF_A_RUN,
  },
  capability: {
    method: 'POST',
    path: '/api/v1/runs/{id}/capability',
    summary: "A capability token for the run's lease, for the memory data plane.",
    who: TENANT,
    params: { id: runId },
    body: 'CapabilityRequest',
    answers: { 200: { description: 'Minted by the cell', body: 'Capability' } },
    refusals: [...OF_A_RUN, 'lease_ended', 'runtime_not_ready', 'scheduler_standby'],
  },
  admissions: {
    method: 'GET',
    path: '/api/v1/admissions',
    summary: 'Who was admitted and who was not, and why; newest first.',
    who: ANY,
    query: { limit: limit(1000, 20_000) },
    answers: { 200: { description: 'Admissions', body: 'AdmissionList' } },
    refusals: [],
  },
  placements: {
    method: 'GET',
    path: '/api/v1/placements',
    summary: 'Where admitted runs were placed; newest first.',
    who: ANY,
    query: { limit: limit(1000, 20_000) },
    answers: { 200: { description: 'Placements', body: 'PlacementList' } },
    refusals: [],
  },
  inventory: {
    method: 'GET',
    path: '/api/v1/inventory',
    summary: 'The cells, what they have, and whether they answer.',
    who: ANY,
    answers: { 200: { description: 'Cells', body: 'Inventory' } },
    refusals: [],
  },
  listTenants: {
    method: 'GET',
    path: '/api/v1/tenants',
    summary: 'All tenants for an admin; a tenant sees itself.',
    who: ANY,
    answers: { 200: { description: 'Tenants', body: 'TenantList' } },
    refusals: [],
  },
  createTenant: {
    method: 'POST',
    path: '/api/v1/tenants',
    summary: 'Register a tenant and the key of its certificate.',
    description:
      'Asking again with the same key changes nothing and answers 200. With `rotate`, a tenant that exists gets the new key: its older tokens are worth nothing from then on.',
    who: ADMIN,
    body: 'TenantCreate',
    answers: {
      200: { description: 'It was there, and now has this key', body: 'Tenant' },
      201: { description: 'Registered', body: 'Tenant' },
    },
    refusals: ['tenant_exists', 'storage_unavailable'],
  },
  deleteTenant: {
    method: 'DELETE',
    path: '/api/v1/tenants/{tenant}',
    summary: 'Forget a tenant, its runs and their artifacts.',
    who: ADMIN,
    params: { tenant: peerName },
    answers: { 204: { description: 'Gone' } },
    refusals: ['not_found', 'leases_active', 'storage_unavailable'],
  },
  getQuota: {
    method: 'GET',
    path: '/api/v1/admin/quotas/{tenant}',
    summary: "A tenant's quota.",
    who: ADMIN,
    params: { tenant: peerName },
    answers: { 200: { description: 'The quota', body: 'Quota' } },
    refusals: ['not_found'],
  },
  setQuota: {
    method: 'PUT',
    path: '/api/v1/admin/quotas/{tenant}',
    summary: "Set a tenant's quota.",
    who: ADMIN,
    params: { tenant: peerName },
    body: 'Quota',
    answers: { 200: { description: 'As it is now', body: 'Quota' } },
    refusals: ['not_found', 'storage_unavailable'],
  },
  audit: {
    method: 'GET',
    path: '/api/v1/admin/audit',
    summary: 'Records of the audit log, newest first.',
    who: ADMIN,
    query: {
      limit: limit(100, 10_000),
      before: { type: 'integer', minimum: 1, description: 'Only records with a smaller `seq`: the next page' },
      actor: { type: 'string', maxLength: 128 },
      action: { type: 'string', maxLength: 64 },
      decision: { type: 'string', enum: ['allowed', 'refused'] },
      reason: { type: 'string', enum: ['ok', ...REFUSAL_REASONS] },
    },
    answers: { 200: { description: 'Records', body: 'AuditList' } },
    refusals: [],
  },
  requestRenewal: {
    method: 'POST',
    path: '/api/v1/admin/renewal',
    summary: 'Ask a cell that `grafos cell run` runs for its request for new certificates.',
    description: 'The cell makes its next keys, and keeps them. Asking again gives a request for the same keys.',
    who: ADMIN,
    answers: { 200: { description: 'The request', body: 'RenewalRequest' } },
    refusals: ['not_found', 'runtime_not_ready'],
  },
  renew: {
    method: 'PUT',
    path: '/api/v1/admin/renewal',
    summary: 'Give the cell the certificates that it asked for.',
    description: 'They must be of the CA that the cell has. The scheduler shows them at once.',
    who: ADMIN,
    body: 'RenewalAnswer',
    answers: { 200: { description: 'They are in force', body: 'Renewal' } },
    refusals: ['not_found', 'runtime_not_ready'],
  },
  promote: {
    method: 'POST',
    path: '/api/v1/admin/promote',
    summary: 'Make a standby scheduler the active one.',
    description:
      'Asking again changes nothing. The role is kept in the store, so that a restarted scheduler is what it was.',
    who: ADMIN,
    answers: { 200: { description: 'As it is now', body: 'Health' } },
    refusals: ['storage_unavailable'],
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof OPERATIONS;

/** The refusals that every operation with a token can have. */
export const TOKEN_REFUSALS = REFUSAL_REASONS.filter(
  (reason) => reason.startsWith('token_') || reason === 'tenant_unknown',
);

/** The whole list of an operation, in the order of {@link REFUSAL_REASONS}. */
export function refusalsOf(operation: Operation): RefusalReason[] {
  const common: RefusalReason[] = ['shutting_down', 'internal_error'];
  if (operation.who !== 'certificate') common.push(...TOKEN_REFUSALS, 'role_required');
  if (operation.params ?? operation.query ?? operation.headers ?? operation.body) common.push('bad_request');
  const all = new Set<RefusalReason>([...common, ...operation.refusals]);
  return REFUSAL_REASONS.filter((reason) => all.has(reason));
}
