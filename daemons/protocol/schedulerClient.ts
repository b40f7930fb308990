/** The tenant API's client (docs/api.md). One per scheduler and certificate; `close()` it, or its idle connection keeps the process alive. */

import { endWhenSilent } from './endWhenSilent.ts';
import { parseEventStream } from './eventStream.ts';
import { type ApiAnswer, openSchedulerConnection } from './schedulerConnection.ts';
import type {
  Admission,
  ArtifactEntry,
  ArtifactName,
  AuditRecord,
  Capability,
  CapabilityRequest,
  Health,
  Inventory,
  Placement,
  Quota,
  Run,
  RunEvent,
  RunSubmit,
  RunsEvent,
  Tenant,
} from './tenantApi.ts';

export interface SchedulerTarget {
  /** `https://host:port`. */
  url: string;
  caPem: string;
  certPem: string;
  keyPem: string;
  /** What tokens name as their audience. Asked from `/health` when it is not given, which costs a round trip. */
  cellId?: string;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface SubmitOptions extends CallOptions {
  /** Makes asking again harmless: the same key and body are the same run. */
  idempotencyKey?: string;
  /** Have the answer held until the run ended, at most so long; rounded up to seconds. */
  waitMs?: number;
}

/** An answer with the bytes it came in, for commands that pass them on as they are. */
export interface WithText<T> {
  value: T;
  text: string;
}

export interface AuditFilter {
  limit?: number;
  before?: number;
  actor?: string;
  action?: string;
  decision?: 'allowed' | 'refused';
  reason?: string;
}

/**
 * Every method throws GrafosError: kind `refused` with the scheduler's reason as code (or `client_certificate_*`, `server_certificate_*`
 * where one end refuses the other's certificate), kind `unreachable` with `scheduler_unreachable` or `scheduler_answer_invalid`,
 * kind `interrupted` when the signal ended it.
 */
export interface SchedulerClient {
  health(options?: CallOptions): Promise<Health>;
  hasModule(sha256: string, options?: CallOptions): Promise<boolean>;
  putModule(sha256: string, bytes: Uint8Array, options?: CallOptions): Promise<void>;
  submit(run: RunSubmit, options?: SubmitOptions): Promise<Run>;
  getRun(runId: string, options?: CallOptions): Promise<Run>;
  /** Newest first; `before` is a run id. The `output` of each response is null. */
  listRuns(query?: { limit?: number; before?: string }, options?: CallOptions): Promise<Run[]>;
  cancel(runId: string, options?: CallOptions & { waitMs?: number }): Promise<Run>;
  /** What happened so far, then what happens, until `end`. Leaving the loop closes the stream. */
  events(runId: string, options?: CallOptions): AsyncGenerator<RunEvent, void, undefined>;
  /**
   * What happens to all of the tenant's runs, until `closed`. `listening` is the first: list the runs then, and again after the stream
   * ended and another was opened. Fails as `scheduler_unreachable` when the scheduler falls silent. Leaving the loop closes the stream.
   */
  allEvents(options?: CallOptions): AsyncGenerator<RunsEvent, void, undefined>;
  listArtifacts(runId: string, options?: CallOptions): Promise<ArtifactEntry[]>;
  artifact(runId: string, name: ArtifactName, options?: CallOptions): Promise<Uint8Array>;
  capability(runId: string, request: CapabilityRequest, options?: CallOptions): Promise<Capability>;
  admissions(query?: { limit?: number }, options?: CallOptions): Promise<WithText<Admission[]>>;
  placements(query?: { limit?: number }, options?: CallOptions): Promise<WithText<Placement[]>>;
  inventory(options?: CallOptions): Promise<Inventory>;
  tenants(options?: CallOptions): Promise<Tenant[]>;
  /** `rotate` gives a tenant that exists this key instead of being refused. */
  createTenant(name: string, certificatePem: string, options?: CallOptions & { rotate?: boolean }): Promise<Tenant>;
  deleteTenant(name: string, options?: CallOptions): Promise<void>;
  getQuota(name: string, options?: CallOptions): Promise<Quota>;
  setQuota(name: string, quota: Quota, options?: CallOptions): Promise<Quota>;
  audit(filter?: AuditFilter, options?: CallOptions): Promise<WithText<AuditRecord[]>>;
  promote(options?: CallOptions): Promise<Health>;
  /** Ends every connection, answers under way too. */
  close(): void;
}

/**
 * Throws GrafosError `scheduler_url_invalid`, `ca_unreadable`, `certificate_unreadable`, and what `/health` may throw when `cellId` is left out.
 */
export async function connectScheduler(
  target: SchedulerTarget,
  { signal }: CallOptions = {},
): Promise<SchedulerClient> {
  const connection = openSchedulerConnection(target);
  const { call } = connection;

  const getHealth = async ({ signal }: CallOptions = {}): Promise<Health> =>
    (await call({ method: 'GET', path: '/health', isOpen: true, signal })).json<Health>();
  const json = async <T>(method: 'GET' | 'PUT' | 'POST', path: string, options: CallOptions & Body = {}): Promise<T> =>
    (await call(request(method, path, options))).json<T>();
  const withText = async <T>(path: string, key: string, { signal }: CallOptions): Promise<WithText<T>> => {
    const answer: ApiAnswer = await call({ method: 'GET', path, signal });
    return { value: answer.json<Record<string, T>>()[key] as T, text: answer.text() };
  };

  if (target.cellId === undefined) {
    try {
      connection.setAudience((await getHealth({ signal })).cell_id);
    } catch (error) {
      connection.close();
      throw error;
    }
  } else connection.setAudience(target.cellId);

  return {
    health: getHealth,
    hasModule: async (sha256, { signal } = {}) => {
      const path = `/api/v1/modules/${sha256}`;
      const { status } = await call({ method: 'HEAD', path, accept: [404], signal });
      return status === 200;
    },
    putModule: async (sha256, bytes, { signal } = {}) => {
      await call({ method: 'PUT', path: `/api/v1/modules/${sha256}`, type: 'application/wasm', body: bytes, signal });
    },
    submit: (run, options = {}) => {
      const headers: Record<string, string> = { ...waitHeader(options.waitMs) };
      if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
      return json<Run>('POST', '/api/v1/runs', { ...options, body: run, headers });
    },
    getRun: (runId, options) => json<Run>('GET', runPath(runId), options),
    listRuns: async (query = {}, options) =>
      (await json<{ runs: Run[] }>('GET', `/api/v1/runs${search({ ...query })}`, options)).runs,
    cancel: (runId, options = {}) =>
      json<Run>('POST', runPath(runId, '/cancel'), { signal: options.signal, headers: waitHeader(options.waitMs) }),
    events: (runId, { signal } = {}) => {
      const stream = connection.stream({ method: 'GET', path: runPath(runId, '/events'), signal });
      return parseEventStream(stream, (event, data) => ({ event, data }) as RunEvent);
    },
    allEvents: ({ signal } = {}) => {
      const open = (until: AbortSignal) =>
        connection.stream({ method: 'GET', path: '/api/v1/runs/events', signal: until });
      return parseEventStream(endWhenSilent(open, SILENCE_MS, signal), (event, data) => ({ event, data }) as RunsEvent);
    },
    listArtifacts: async (runId, options) =>
      (await json<{ artifacts: ArtifactEntry[] }>('GET', runPath(runId, '/artifacts'), options)).artifacts,
    artifact: async (runId, name, { signal } = {}) =>
      (await call({ method: 'GET', path: runPath(runId, `/artifacts/${name}`), signal })).bytes,
    capability: (runId, body, options) => json<Capability>('POST', runPath(runId, '/capability'), { ...options, body }),
    admissions: (query = {}, options = {}) =>
      withText(`/api/v1/admissions${search({ ...query })}`, 'admissions', options),
    placements: (query = {}, options = {}) =>
      withText(`/api/v1/placements${search({ ...query })}`, 'placements', options),
    inventory: (options) => json<Inventory>('GET', '/api/v1/inventory', options),
    tenants: async (options) => (await json<{ tenants: Tenant[] }>('GET', '/api/v1/tenants', options)).tenants,
    createTenant: (name, certificate_pem, { signal, rotate } = {}) =>
      json<Tenant>('POST', '/api/v1/tenants', {
        signal,
        body: { name, certificate_pem, ...(rotate === undefined ? {} : { rotate }) },
      }),
    deleteTenant: async (name, { signal } = {}) => {
      await call({ method: 'DELETE', path: `/api/v1/tenants/${encodeURIComponent(name)}`, signal });
    },
    getQuota: (name, options) => json<Quota>('GET', `/api/v1/admin/quotas/${encodeURIComponent(name)}`, options),
    setQuota: (name, body, options) =>
      json<Quota>('PUT', `/api/v1/admin/quotas/${encodeURIComponent(name)}`, { ...options, body }),
    audit: (filter = {}, options = {}) => withText(`/api/v1/admin/audit${search({ ...filter })}`, 'records', options),
    promote: (options) => json<Health>('POST', '/api/v1/admin/promote', options),
    close: () => connection.close(),
  };
}

/** Three times what the scheduler is silent at most. */
const SILENCE_MS = 45_000;

interface Body {
  body?: unknown;
  headers?: Record<string, string>;
}

function request(method: 'GET' | 'PUT' | 'POST', path: string, { body, headers, signal }: CallOptions & Body) {
  const call = { method, path, signal, ...(headers === undefined ? {} : { headers }) };
  return body === undefined ? call : { ...call, type: 'application/json', body: Buffer.from(JSON.stringify(body)) };
}

function runPath(runId: string, rest = ''): string {
  return `/api/v1/runs/${encodeURIComponent(runId)}${rest}`;
}

function waitHeader(waitMs: number | undefined): Record<string, string> {
  return waitMs === undefined ? {} : { prefer: `wait=${Math.ceil(waitMs / 1000)}` };
}

function search(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}
