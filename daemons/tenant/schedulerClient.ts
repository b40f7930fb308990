/**
 * The client of the tenant API (docs/reference/api.md). There is one per scheduler and certificate.
 * Without `close()`, its idle connection keeps the process alive.
 */

import { createHash } from 'node:crypto';
import { LIMITS } from '../../base/limits.ts';
import { ANSWER_BYTES, ARTIFACT_BYTES } from '../wire/answerBounds.ts';
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
  RunJob,
  RunRecord,
  RunResponse,
  RunSubmit,
  RunsEvent,
  Tenant,
} from '../wire/tenantApi.ts';
import { ARTIFACT_NAMES } from '../wire/tenantApi.ts';
import { capabilityProblem } from './capabilityProblem.ts';
import { CheckedAnswers, type Question } from './checkedAnswers.ts';
import { outputOf } from './outputOf.ts';
import { allRunsStream, runEventStream } from './runEventStreams.ts';
import { openSchedulerConnection, type SchedulerConnection } from './schedulerConnection.ts';

export interface SchedulerTarget {
  /** `https://host:port`. */
  url: string;
  caPem: string;
  certPem: string;
  keyPem: string;
  /**
   * The audience of tokens. It is asked from `/health` when it is not given, which costs a round
   * trip.
   */
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

/** Size and hash that bytes must have. */
export interface ExpectedBytes {
  size: number;
  sha256: string;
}

/**
 * A connection to a scheduler whose answers are not trusted: every answer is read up to a bound,
 * checked by the schema of docs/reference/api.md, and compared with the request.
 *
 * Every method throws GrafosError: with the scheduler's reason as code, with
 * `client_certificate_*` or `server_certificate_*` where one end refuses the other's certificate,
 * with `scheduler_unreachable` or `cell_answer_invalid`, or of the kind `interrupted` when the
 * signal ended it.
 */
export interface SchedulerClient {
  /** Address of the scheduler. */
  readonly url: string;
  health(options?: CallOptions): Promise<Health>;
  hasModule(sha256: string, options?: CallOptions): Promise<boolean>;
  /**
   * Fetches a module that this tenant has put.
   *
   * @throws {GrafosError} not_found; cell_answer_invalid where the bytes have another hash
   */
  module(sha256: string, options?: CallOptions): Promise<Uint8Array>;
  putModule(sha256: string, bytes: Uint8Array, options?: CallOptions): Promise<void>;
  /** Submits a run. An `input` travels as bytes, which is faster than `input_b64`. */
  submit(run: RunSubmit | RunJob, options?: SubmitOptions): Promise<Run>;
  getRun(runId: string, options?: CallOptions): Promise<Run>;
  /** Newest first; `before` is a run id. The `output` of each response is null. */
  listRuns(query?: { limit?: number; before?: string }, options?: CallOptions): Promise<Run[]>;
  cancel(runId: string, options?: CallOptions & { waitMs?: number }): Promise<Run>;
  /**
   * The events of a run so far, then the new ones, until `end`. Leaving the loop closes the stream.
   */
  events(runId: string, options?: CallOptions): AsyncGenerator<RunEvent, void, undefined>;
  /**
   * The events of all runs of the tenant, until `closed`.
   *
   * The first is `listening`: list the runs then, and again after the stream ended and another was
   * opened. Leaving the loop closes the stream.
   *
   * @throws {GrafosError} scheduler_unreachable when the scheduler falls silent
   */
  allEvents(options?: CallOptions): AsyncGenerator<RunsEvent, void, undefined>;
  listArtifacts(runId: string, options?: CallOptions): Promise<ArtifactEntry[]>;
  /** The bytes of an artifact, which must be the expected ones where `expected` is given. */
  artifact(
    runId: string,
    name: ArtifactName,
    options?: CallOptions & { expected?: ExpectedBytes },
  ): Promise<Uint8Array>;
  /** The output of an ended run, which must be the one that its response names. */
  output(response: RunResponse, options?: CallOptions): Promise<Buffer>;
  /** The artifact `run.json` of a run. */
  record(run: Run, options?: CallOptions): Promise<RunRecord>;
  /** The token is for the lease of that run; its data plane is at the host of this scheduler. */
  capability(
    run: Pick<Run, 'run_id' | 'lease_id' | 'ended_at'>,
    request: CapabilityRequest,
    options?: CallOptions,
  ): Promise<Capability>;
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
  /** The request of the cell for new certificates, PEM. */
  requestRenewal(options?: CallOptions): Promise<string>;
  /** Gives the cell the certificates that it asked for, PEM. */
  renew(answer: string, options?: CallOptions): Promise<void>;
  /** Ends every connection, answers under way too. */
  close(): void;
}

/**
 * Opens a client.
 *
 * @throws {GrafosError} scheduler_url_invalid, ca_unreadable, certificate_unreadable, and those of
 *   `/health` when `cellId` is left out
 */
export async function connectScheduler(
  target: SchedulerTarget,
  { signal }: CallOptions = {},
): Promise<SchedulerClient> {
  const connection = openSchedulerConnection(target);
  const client = createSchedulerClient(target.url, connection, target.cellId);
  if (target.cellId !== undefined) {
    connection.setAudience(target.cellId);
    return client;
  }
  try {
    connection.setAudience((await client.health({ signal })).cell_id);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/**
 * Makes a client over an open connection.
 *
 * @param url address of the scheduler, for errors
 */
export function createSchedulerClient(url: string, connection: SchedulerConnection, cellId?: string): SchedulerClient {
  const answers = new CheckedAnswers(url, connection);
  return {
    url,
    ...cellCalls(answers, connection, cellId),
    ...moduleCalls(answers, connection),
    ...runCalls(answers, connection),
    ...artifactCalls(answers),
    ...adminCalls(answers, connection),
    close: () => connection.close(),
  };
}

function cellCalls(
  answers: CheckedAnswers,
  connection: SchedulerConnection,
  cellId: string | undefined,
): Pick<SchedulerClient, 'health' | 'promote' | 'inventory' | 'admissions' | 'placements'> {
  const checked = (health: Health): Health => {
    const known = cellId ?? health.cell_id;
    for (const found of [health.cell_id, health.cell?.cell_id ?? known]) {
      if (found !== known) throw answers.wrong(`its cell is ${found}, and ${known} was asked for`);
    }
    return health;
  };
  const records = async <T>(
    name: 'AdmissionList' | 'PlacementList',
    key: string,
    limit: number | undefined,
    options: CallOptions,
  ) => await answers.list<T>(name, key, get(`/api/v1/${key}${search({ limit })}`, options), limit ?? RECORDS_DEFAULT);
  return {
    health: async ({ signal } = {}) => {
      const { bytes } = await connection.call(
        { method: 'GET', path: '/health', isOpen: true, signal },
        ANSWER_BYTES.small,
      );
      return checked(answers.read<Health>('Health', bytes));
    },
    promote: async ({ signal } = {}) =>
      checked(await answers.one<Health>('Health', { method: 'POST', path: '/api/v1/admin/promote', signal })),
    inventory: (options = {}) => answers.one<Inventory>('Inventory', get('/api/v1/inventory', options)),
    admissions: ({ limit } = {}, options = {}) => records<Admission>('AdmissionList', 'admissions', limit, options),
    placements: ({ limit } = {}, options = {}) => records<Placement>('PlacementList', 'placements', limit, options),
  };
}

function moduleCalls(
  answers: CheckedAnswers,
  connection: SchedulerConnection,
): Pick<SchedulerClient, 'hasModule' | 'module' | 'putModule'> {
  return {
    hasModule: async (sha256, { signal } = {}) => {
      const path = `/api/v1/modules/${encodeURIComponent(sha256)}`;
      const { status } = await connection.call({ method: 'HEAD', path, accept: [404], signal }, 0);
      return status === 200;
    },
    module: async (sha256, { signal } = {}) => {
      const bytes = await answers.bytes(
        get(`/api/v1/modules/${encodeURIComponent(sha256)}`, { signal }),
        LIMITS.module,
      );
      if (sha256Of(bytes) !== sha256) throw answers.wrong(`it gave another module than ${sha256}`);
      return bytes;
    },
    putModule: async (sha256, body, { signal } = {}) => {
      const path = `/api/v1/modules/${encodeURIComponent(sha256)}`;
      const request = { method: 'PUT', path, type: 'application/wasm', body, signal } as const;
      const { bytes } = await connection.call(request, ANSWER_BYTES.small);
      const stored = answers.read<{ module_sha256: string; size: number }>('ModulePut', bytes);
      if (stored.module_sha256 !== sha256 || stored.size !== body.length) {
        throw answers.wrong(`it stored another module than ${sha256}`, bytes);
      }
    },
  };
}

function runCalls(
  answers: CheckedAnswers,
  connection: SchedulerConnection,
): Pick<SchedulerClient, 'submit' | 'getRun' | 'listRuns' | 'cancel' | 'events' | 'allEvents' | 'capability'> {
  const open = (path: string) => (signal: AbortSignal) => connection.stream({ method: 'GET', path, signal });
  return {
    submit: (run, { idempotencyKey, waitMs, signal } = {}) => {
      const headers: Record<string, string> = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      const { program, tasklet, version, module_sha256 } = run;
      return answers.run(
        { method: 'POST', path: '/api/v1/runs', ...partsOf(run), headers, waitMs, signal },
        { program, tasklet, version, module_sha256 },
      );
    },
    getRun: (runId, options = {}) => answers.run(get(runPath(runId), options), { run_id: runId }),
    listRuns: async (query = {}, options = {}) => {
      const question = get(`/api/v1/runs${search({ ...query })}`, options);
      const { value } = await answers.list<Run>('RunList', 'runs', question, query.limit ?? RUNS_DEFAULT);
      return value.map((run) => answers.checkRun(run));
    },
    cancel: (runId, { waitMs, signal } = {}) =>
      answers.run({ method: 'POST', path: runPath(runId, '/cancel'), waitMs, signal }, { run_id: runId }),
    events: (runId, { signal } = {}) => runEventStream(answers, runId, open(runPath(runId, '/events')), signal),
    allEvents: ({ signal } = {}) => allRunsStream(answers, open('/api/v1/runs/events'), signal),
    capability: async ({ run_id, lease_id, ended_at }, json, { signal } = {}) => {
      const path = runPath(run_id, '/capability');
      const capability = await answers.one<Capability>('Capability', { method: 'POST', path, json, signal });
      const problem = capabilityProblem(capability, answers.url, ended_at === null ? undefined : lease_id);
      if (problem !== null) throw answers.wrong(problem);
      return capability;
    },
  };
}

function partsOf(run: RunSubmit | RunJob): Pick<Question, 'json' | 'input'> {
  if (!('input' in run)) return { json: run };
  const { input, ...json } = run;
  return { json, input };
}

function artifactCalls(
  answers: CheckedAnswers,
): Pick<SchedulerClient, 'listArtifacts' | 'artifact' | 'output' | 'record'> {
  const artifact: SchedulerClient['artifact'] = async (runId, name, { signal, expected } = {}) => {
    const bytes = await answers.bytes(get(runPath(runId, `/artifacts/${name}`), { signal }), ARTIFACT_BYTES[name]);
    if (expected !== undefined && (bytes.length !== expected.size || sha256Of(bytes) !== expected.sha256)) {
      throw answers.wrong(`${name} is not the file of ${expected.size} bytes whose hash it gave`);
    }
    return bytes;
  };
  return {
    artifact,
    output: async (response, options = {}) => {
      const output = outputOf(response, await artifact(response.run_id, 'output.b64', options));
      if (output === null)
        throw answers.wrong(`the output of run ${response.run_id} is not the one its response names`);
      return output;
    },
    listArtifacts: async (runId, options = {}) => {
      const question = get(runPath(runId, '/artifacts'), options);
      const { value } = await answers.list<ArtifactEntry>('ArtifactList', 'artifacts', question, ARTIFACT_NAMES.length);
      for (const { name, size } of value) {
        if (size > ARTIFACT_BYTES[name])
          throw answers.wrong(`${name} has ${size} bytes, and ${ARTIFACT_BYTES[name]} is the most`);
      }
      if (new Set(value.map(({ name }) => name)).size < value.length) throw answers.wrong('an artifact is there twice');
      return value;
    },
    record: async ({ run_id, tenant, program, tasklet, version, module_sha256 }, { signal } = {}) => {
      const record = answers.read<RunRecord>('RunRecord', Buffer.from(await artifact(run_id, 'run.json', { signal })));
      for (const [field, value] of Object.entries({ run_id, tenant, program, tasklet, version, module_sha256 })) {
        if (record[field as keyof RunRecord] !== value)
          throw answers.wrong(`${field} of the run and of its record differ`);
      }
      return record;
    },
  };
}

function adminCalls(
  answers: CheckedAnswers,
  connection: SchedulerConnection,
): Pick<
  SchedulerClient,
  'tenants' | 'createTenant' | 'deleteTenant' | 'getQuota' | 'setQuota' | 'audit' | 'requestRenewal' | 'renew'
> {
  const quotaPath = (name: string) => `/api/v1/admin/quotas/${encodeURIComponent(name)}`;
  return {
    tenants: async (options = {}) => {
      const { value } = await answers.list<Tenant>('TenantList', 'tenants', get('/api/v1/tenants', options));
      const { tenant } = answers;
      const other = value.find(({ name }) => tenant !== undefined && name !== tenant);
      if (other !== undefined) throw answers.wrong(`it names tenant ${other.name} to tenant ${tenant}`);
      return value;
    },
    createTenant: async (name, certificate_pem, { signal, rotate } = {}) => {
      const json = { name, certificate_pem, ...(rotate === undefined ? {} : { rotate }) };
      const made = await answers.one<Tenant>('Tenant', { method: 'POST', path: '/api/v1/tenants', json, signal });
      if (made.name !== name) throw answers.wrong(`it registered tenant ${made.name}, and ${name} was asked for`);
      return made;
    },
    deleteTenant: async (name, { signal } = {}) => {
      const path = `/api/v1/tenants/${encodeURIComponent(name)}`;
      await connection.call({ method: 'DELETE', path, signal }, ANSWER_BYTES.small);
    },
    getQuota: (name, options = {}) => answers.one<Quota>('Quota', get(quotaPath(name), options)),
    setQuota: (name, json, { signal } = {}) =>
      answers.one<Quota>('Quota', { method: 'PUT', path: quotaPath(name), json, signal }),
    requestRenewal: async ({ signal } = {}) => {
      const question = { method: 'POST', path: '/api/v1/admin/renewal', signal } as const;
      return (await answers.one<{ request: string }>('RenewalRequest', question)).request;
    },
    renew: async (answer, { signal } = {}) => {
      await answers.one('Renewal', { method: 'PUT', path: '/api/v1/admin/renewal', json: { answer }, signal });
    },
    audit: (filter = {}, options = {}) =>
      answers.list<AuditRecord>(
        'AuditList',
        'records',
        get(`/api/v1/admin/audit${search({ ...filter })}`, options),
        filter.limit ?? AUDIT_DEFAULT,
      ),
  };
}

/**
 * Entries that a list has where no limit is asked for (daemons/scheduler/openapi/operations.ts).
 */
const [RUNS_DEFAULT, RECORDS_DEFAULT, AUDIT_DEFAULT] = [50, 1000, 100];

function get(path: string, { signal }: CallOptions): Question {
  return { method: 'GET', path, signal };
}

function runPath(runId: string, rest = ''): string {
  return `/api/v1/runs/${encodeURIComponent(runId)}${rest}`;
}

function search(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
