/**
 * JSON schemas (2020-12) of the bodies in daemons/wire/tenantApi.ts. The checks that are made
 * of them know no other keywords than those of {@link Schema}.
 */
import { LIMITS } from '../../base/limits.ts';
import { PEER_NAME } from './peerRole.ts';
import { RUN_ERROR_CODES, RUN_FRAMES_MAX } from './runError.ts';
import { ARTIFACT_NAMES, QUOTA_RUNS_MAX, REFUSAL_REASONS } from './tenantApi.ts';

export type JsonType = 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'null';

export interface Schema {
  type?: JsonType | readonly JsonType[];
  description?: string;
  enum?: readonly string[];
  const?: boolean | string | number;
  pattern?: string;
  format?: 'date-time';
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  default?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: false;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: true;
  anyOf?: readonly Schema[];
  $ref?: `#/components/schemas/${string}`;
}

const RUN_STATES = ['admitted', 'placed', 'running', 'succeeded', 'failed', 'cancelled'] as const;
const END_STATES = ['succeeded', 'failed', 'cancelled'] as const;

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const ref = (name: SchemaName): Schema => ({ $ref: `#/components/schemas/${name}` });
const count = (description?: string, maximum?: number): Schema => ({
  type: 'integer',
  minimum: 0,
  ...(maximum === undefined ? {} : { maximum }),
  ...(description === undefined ? {} : { description }),
});
const described = (schema: Schema, description: string): Schema => ({ ...schema, description });

/** An object that must have every property, except those that are named optional, and no others. */
function object(properties: Record<string, Schema>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((key) => !optional.includes(key));
  return { type: 'object', required, properties, additionalProperties: false };
}

const hex256: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
export const sha256: Schema = described(hex256, 'SHA-256, 64 lower-case hex digits');
export const peerName: Schema = { type: 'string', pattern: PEER_NAME.source };
export const runId: Schema = { type: 'string', pattern: '^[0-9a-z-]{1,64}$' };
/** A provider's or a region's name, as a cell is given it. */
const label: Schema = { type: 'string', pattern: '^[!-~]{1,64}$' };
const version: Schema = { type: 'string', minLength: 1, maxLength: 128 };
const itemName: Schema = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,62}$' };
const nanos: Schema = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,18})$',
  description: 'Nanoseconds since 1970 as decimal text, because they do not fit a double',
};
const LINEAR_MEMORY_MAX = 4 * 1024 * 1024 * 1024;
const base64Length = Math.ceil(LIMITS.input / 3) * 4;
const runState: Schema = { type: 'string', enum: RUN_STATES };
const reason: Schema = { type: 'string', enum: REFUSAL_REASONS };

const cellIdentity = {
  cell_id: peerName,
  provider: label,
  region: label,
  version,
  started_at: time,
  transport: { type: 'string', enum: ['quic', 'tcp'] },
  mem_dataplane: described({ type: 'string', maxLength: 512 }, 'URL of the memory data plane'),
  mem_dataplane_sha256: described(sha256, 'SHA-256 of its certificate, which clients pin'),
  mem_dataplane_transport: { type: 'string', enum: ['http3', 'http2'] },
} satisfies Record<string, Schema>;

const quota = {
  runs_soft: count('Runs at one time that need no burst', QUOTA_RUNS_MAX),
  runs_hard: count('Runs at one time, never exceeded', QUOTA_RUNS_MAX),
  burst_per_minute: count('Runs a minute that may start above runs_soft', QUOTA_RUNS_MAX),
  mem_bytes: count('Fabric memory leased at one time, bytes', Number.MAX_SAFE_INTEGER),
} satisfies Record<string, Schema>;

const rights: Schema = {
  type: 'array',
  items: { type: 'string', enum: ['read', 'write'] },
  minItems: 1,
  maxItems: 2,
  uniqueItems: true,
};

export const SCHEMAS = {
  Refusal: object({
    error: object(
      {
        reason: described(reason, 'Stable, for machines'),
        message: described(text, 'What happened, for people'),
        next: described(text, 'What to do about it'),
      },
      ['next'],
    ),
  }),
  RunFrame: object({
    function: count('Index of the function in the module', LIMITS.module),
    offset: count("Byte of the instruction, from the start of the function's body", LIMITS.module),
  }),
  RunError: object(
    {
      code: { type: 'string', enum: RUN_ERROR_CODES },
      message: text,
      label: described(
        { type: ['string', 'null'], maxLength: LIMITS.failLabel },
        'tasklet_failed only: the label the tasklet gave',
      ),
      exit_code: described({ type: 'integer' }, 'tasklet_failed only: what the tasklet returned'),
      frames: described(
        { type: 'array', maxItems: RUN_FRAMES_MAX, items: { $ref: '#/components/schemas/RunFrame' } },
        'The calls under way where the run ended, the innermost first',
      ),
    },
    ['label', 'exit_code', 'frames'],
  ),
  RunSubmit: object(
    {
      program: itemName,
      tasklet: itemName,
      version,
      module_sha256: sha256,
      input_b64: described({ type: 'string', maxLength: base64Length }, `At most ${LIMITS.input} bytes once decoded`),
      mem_bytes: count('Fabric memory to lease for the run, bytes; 0 = none', Number.MAX_SAFE_INTEGER),
      fuel: { ...count('Instructions the run may execute', LIMITS.fuelMax), minimum: 1 },
      linear_memory_bytes: count("Bound on the module's own memory, bytes", LINEAR_MEMORY_MAX),
      timeout_ms: { ...count('Wall clock of the run, milliseconds', LIMITS.timeoutMsMax), minimum: 1 },
      hold_ms: count('How long the lease outlives the run, milliseconds; 0 when left out', LIMITS.holdMs),
      seed: described(hex256, 'A replay gives the recorded seed; random when left out'),
      start_unix_nanos: described(nanos, 'A replay gives the recorded start; the present when left out'),
    },
    ['hold_ms', 'seed', 'start_unix_nanos'],
  ),
  RunResponse: object({
    run_id: runId,
    state: { type: 'string', enum: END_STATES },
    error: nullable({ $ref: '#/components/schemas/RunError' }),
    output: {
      description: `The output when it is JSON that nests at most ${LIMITS.jsonDepth} deep, else null; always null in a list`,
    },
    output_bytes: count(undefined, LIMITS.output),
    output_sha256: sha256,
    fuel_used: count(undefined, LIMITS.fuelMax),
    linear_memory_peak: count('Bytes'),
    duration_us: count('Wall clock of init, run and finalize, microseconds'),
    module_sha256: sha256,
    cell_id: peerName,
    provider: label,
  }),
  Run: object({
    run_id: runId,
    tenant: peerName,
    program: itemName,
    tasklet: itemName,
    version,
    provider: label,
    cell_id: peerName,
    module_sha256: sha256,
    state: runState,
    created_at: time,
    ended_at: nullable(time),
    response: nullable({ $ref: '#/components/schemas/RunResponse' }),
    lease_id: described({ type: ['string', 'null'], maxLength: 128 }, 'The lease held after the end, while it lives'),
  }),
  RunList: object({ runs: { type: 'array', items: { $ref: '#/components/schemas/Run' } } }),
  ArtifactList: object({
    artifacts: {
      type: 'array',
      items: object({ name: { type: 'string', enum: ARTIFACT_NAMES }, size: count('Bytes'), sha256 }),
    },
  }),
  RunRecord: object({
    run_id: runId,
    tenant: peerName,
    program: itemName,
    tasklet: itemName,
    version,
    provider: label,
    region: label,
    cell_id: peerName,
    module_sha256: sha256,
    input_sha256: sha256,
    input_bytes: count(undefined, LIMITS.input),
    seed: hex256,
    start_unix_nanos: nanos,
    mem_bytes: count(undefined, Number.MAX_SAFE_INTEGER),
    fuel: count(undefined, LIMITS.fuelMax),
    linear_memory_bytes: count(undefined, LINEAR_MEMORY_MAX),
    timeout_ms: count(undefined, LIMITS.timeoutMsMax),
  }),
  StateEvent: object({ run_id: runId, state: runState, at: time }),
  LogEvent: object({ text: { type: 'string' } }),
  RunsStateEvent: object({
    run_id: runId,
    state: runState,
    at: time,
    run: { $ref: '#/components/schemas/Run' },
  }),
  RefusedEvent: object({ run_id: runId, reason }),
  ClosedEvent: object({ reason: { type: 'string', enum: ['too_slow', 'access_ended', 'renew', 'stopping'] } }),
  CapabilityRequest: object(
    {
      rights,
      ttl_ms: { ...count('Milliseconds; the longest allowed when left out', LIMITS.tokenSeconds * 1000), minimum: 1 },
    },
    ['ttl_ms'],
  ),
  Capability: object({
    token: { type: 'string', minLength: 1, maxLength: 8192 },
    lease_id: { type: 'string', minLength: 1, maxLength: 128 },
    bytes: count('Size of the lease'),
    expires_at: time,
    mem_dataplane: cellIdentity.mem_dataplane,
    mem_dataplane_sha256: cellIdentity.mem_dataplane_sha256,
  }),
  ModulePut: object({ module_sha256: sha256, size: count('Bytes') }),
  AdmissionList: object({
    admissions: {
      type: 'array',
      items: object({
        at: time,
        run_id: nullable(runId),
        tenant: peerName,
        program: itemName,
        tasklet: itemName,
        decision: { type: 'string', enum: ['admitted', 'refused'] },
        reason: { type: 'string', enum: ['ok', ...REFUSAL_REASONS] },
      }),
    },
  }),
  PlacementList: object({
    placements: {
      type: 'array',
      items: object({
        at: time,
        run_id: runId,
        tenant: peerName,
        decision: { type: 'string', enum: ['placed', 'refused'] },
        cell_id: nullable(peerName),
        reason: { type: 'string', enum: ['ok', ...REFUSAL_REASONS] },
      }),
    },
  }),
  Inventory: object({
    cells: {
      type: 'array',
      items: object({
        ...cellIdentity,
        inventory: object({
          mem_capacity: count('Bytes'),
          mem_leased: count('Bytes'),
          leases: count(),
          runs_active: count(),
          workers: count(),
        }),
        healthy: { type: 'boolean' },
        last_heartbeat: nullable(time),
      }),
    },
  }),
  Quota: object(quota),
  Tenant: object({
    name: peerName,
    key_sha256: described(sha256, "SHA-256 of the tenant certificate's SubjectPublicKeyInfo"),
    created_at: time,
    quota: object(quota),
    runs_active: count(),
  }),
  TenantList: object({ tenants: { type: 'array', items: { $ref: '#/components/schemas/Tenant' } } }),
  TenantCreate: object(
    {
      name: peerName,
      certificate_pem: described({ type: 'string', maxLength: 16_384 }, 'Its key is what tokens must be signed with'),
      rotate: described({ type: 'boolean' }, 'Give a tenant that exists this key, instead of refusing'),
    },
    ['rotate'],
  ),
  AuditList: object({
    records: {
      type: 'array',
      items: object({
        seq: count(),
        at: time,
        actor: { type: ['string', 'null'] },
        peer: { type: ['string', 'null'] },
        action: text,
        decision: { type: 'string', enum: ['allowed', 'refused'] },
        reason: { type: 'string', enum: ['ok', ...REFUSAL_REASONS] },
        subject: { type: ['string', 'null'] },
        prev_sha256: sha256,
      }),
    },
  }),
  RenewalRequest: object({
    request: described({ type: 'string', maxLength: 65_536 }, 'PEM: a signing request for each key of the cell'),
  }),
  RenewalAnswer: object({
    answer: described(
      { type: 'string', maxLength: 65_536 },
      'PEM: the CA that the cell has, and the certificates for the keys of the request',
    ),
  }),
  Renewal: object({ taken: { const: true } }),
  Health: object({
    status: { type: 'string', enum: ['ok', 'degraded'] },
    mode: { const: 'cell' },
    role: { type: 'string', enum: ['standby', 'active'] },
    version,
    cell_id: described(peerName, 'What tokens must name as their audience'),
    cell: nullable(object(cellIdentity)),
    last_heartbeat: described(nullable(time), 'When the cell last answered'),
  }),
} as const satisfies Record<string, Schema>;

export type SchemaName = keyof typeof SCHEMAS;
