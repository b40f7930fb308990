/**
 * The JSON bodies of the scheduler's tenant API. Routes, status codes and reasons are in
 * docs/reference/api.md and daemons/scheduler/openapi.
 */
import type { ErrorCode } from '../../base/errorCodes.ts';
import type { CapabilityRight, CellIdentity, CellInventory } from './fabricControl.ts';
import type { RunError } from './runError.ts';
import type { AskedSpec, RunSpec } from './runSpec.ts';

/** Why a request was refused. The body of every non-2xx answer is a Refusal. */
export const REFUSAL_REASONS = [
  // Unknown caller (401). The first four occur at the TLS layer and are in the audit log only.
  'client_certificate_missing',
  'client_certificate_untrusted',
  'client_certificate_expired',
  'client_certificate_unfit',
  'token_missing',
  'token_malformed',
  'token_algorithm_refused',
  'token_signature_invalid',
  'token_audience_mismatch',
  'token_expired',
  'token_not_yet_valid',
  'token_lifetime_too_long',
  'token_certificate_mismatch',
  'token_replayed',
  'tenant_unknown',
  // What is asked (403, 404, 409, 413, 422, 429, 503).
  'role_required',
  'run_of_another_tenant',
  'not_found',
  'bad_request',
  'method_not_allowed',
  'body_too_large',
  'module_hash_mismatch',
  'module_unknown',
  'module_suspect',
  'idempotency_key_reused',
  'tenant_exists',
  'leases_active',
  'too_many_streams',
  'lease_denied: quota',
  'lease_denied: capacity',
  'lease_ended',
  'quota_hard_limit_exceeded',
  'quota_burst_exceeded',
  'placement_policy_excluded',
  'node_address_unknown',
  'runtime_not_ready',
  'scheduler_standby',
  'shutting_down',
  'storage_unavailable',
  'internal_error',
] as const satisfies readonly ErrorCode[];

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface Refusal {
  error: { reason: RefusalReason; message: string; next?: string };
}

export type RunState = 'admitted' | 'placed' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A replay gives the recorded seed and start of another run. */
export interface RunSubmit extends AskedSpec {
  program: string;
  tasklet: string;
  version: string;
  module_sha256: string;
  input_b64: string;
}

/** A submit with its input as bytes. */
export interface RunJob extends Omit<RunSubmit, 'input_b64'> {
  input: Uint8Array;
}

/** `response.json`: the artifact of an ended run (docs/reference/tasklet-abi.md). */
export interface RunResponse {
  run_id: string;
  state: 'succeeded' | 'failed' | 'cancelled';
  error: RunError | null;
  /** The output when it parses as JSON, else null. */
  output: unknown;
  output_bytes: number;
  output_sha256: string;
  fuel_used: number;
  linear_memory_peak: number;
  duration_us: number;
  module_sha256: string;
  cell_id: string;
  provider: string;
}

/** `run.json`: all that a bit-exact replay needs besides the module and `input.bin`. */
export interface RunRecord extends Omit<RunSpec, 'hold_ms'> {
  run_id: string;
  tenant: string;
  program: string;
  tasklet: string;
  version: string;
  provider: string;
  region: string;
  cell_id: string;
  module_sha256: string;
  input_sha256: string;
  input_bytes: number;
}

export interface Run {
  run_id: string;
  tenant: string;
  program: string;
  tasklet: string;
  version: string;
  provider: string;
  cell_id: string;
  module_sha256: string;
  state: RunState;
  /** RFC 3339. */
  created_at: string;
  ended_at: string | null;
  /** Present once the run ended. */
  response: RunResponse | null;
  /** The lease held after the end, while it lives. */
  lease_id: string | null;
}

export const ARTIFACT_NAMES = ['response.json', 'output.b64', 'input.bin', 'run.log', 'run.json'] as const;
export type ArtifactName = (typeof ARTIFACT_NAMES)[number];

export interface ArtifactEntry {
  name: ArtifactName;
  size: number;
  sha256: string;
}

/**
 * Server-sent events of a run.
 *
 * `state` has {run_id, state, at}, `log` {text}, and `end` the Run. `listening` follows the events
 * so far, where the run goes on.
 */
export type RunEvent =
  | { event: 'state'; data: { run_id: string; state: RunState; at: string } }
  | { event: 'log'; data: { text: string } }
  | { event: 'listening'; data: Record<string, never> }
  | { event: 'end'; data: Run };

/**
 * Server-sent events of all runs, from now on.
 *
 * The first is `listening`: list the runs then, and none is missed, though a later event may be
 * older than the list. The first event of a run is its `state` `placed`. Its last is `end`, or
 * `refused` where the cell refused it and it is no run after all. No event has an output. `closed`
 * is the last of the stream.
 */
export type RunsEvent =
  | { event: 'listening'; data: Record<string, never> }
  | { event: 'state'; data: { run_id: string; state: RunState; at: string; run: Run } }
  | { event: 'refused'; data: { run_id: string; reason: RefusalReason } }
  | { event: 'end'; data: Run }
  | {
      event: 'closed';
      data: {
        /**
         * The client did not read, its key was changed or its tenant deleted, the stream was open
         * for long, or the scheduler stops.
         */
        reason: 'too_slow' | 'access_ended' | 'renew' | 'stopping';
      };
    };

export interface CapabilityRequest {
  rights: CapabilityRight[];
  ttl_ms?: number;
}

export interface Capability {
  token: string;
  lease_id: string;
  bytes: number;
  expires_at: string;
  mem_dataplane: string;
  mem_dataplane_sha256: string;
}

export interface Admission {
  at: string;
  run_id: string | null;
  tenant: string;
  program: string;
  tasklet: string;
  decision: 'admitted' | 'refused';
  reason: RefusalReason | 'ok';
}

export interface Placement {
  at: string;
  run_id: string;
  tenant: string;
  decision: 'placed' | 'refused';
  cell_id: string | null;
  reason: RefusalReason | 'ok';
}

/** The most that a count of a quota may be. */
export const QUOTA_RUNS_MAX = 1_000_000;

export interface Quota {
  /** Runs at one time: past `runs_soft` for at most a burst, never past `runs_hard`. */
  runs_soft: number;
  runs_hard: number;
  /** Runs a minute that may start above `runs_soft`. */
  burst_per_minute: number;
  /** Fabric memory leased at one time, bytes. */
  mem_bytes: number;
}

export interface Tenant {
  name: string;
  /** Lower-case hex SHA-256 of the tenant certificate's SubjectPublicKeyInfo. */
  key_sha256: string;
  created_at: string;
  quota: Quota;
  runs_active: number;
}

export interface TenantCreate {
  name: string;
  /** The tenant certificate, PEM; its key is what tokens must be signed with. */
  certificate_pem: string;
  /** A name that is already registered with another key gets this one instead of being refused. */
  rotate?: boolean;
}

export interface AuditRecord {
  seq: number;
  at: string;
  /** Tenant or admin name, or null when the caller is unknown. */
  actor: string | null;
  peer: string | null;
  action: string;
  decision: 'allowed' | 'refused';
  reason: RefusalReason | 'ok';
  subject: string | null;
  /**
   * SHA-256 (hex) of the line of the record before, without its newline; 64 zeros for the first.
   */
  prev_sha256: string;
}

export interface Health {
  status: 'ok' | 'degraded';
  mode: 'cell';
  role: 'standby' | 'active';
  version: string;
  /** The audience that tokens must name. It is known before the cell answers. */
  cell_id: string;
  cell: CellIdentity | null;
  /** RFC 3339 of the last answered heartbeat of the cell. */
  last_heartbeat: string | null;
}

export interface Inventory {
  cells: Array<CellIdentity & { inventory: CellInventory; healthy: boolean; last_heartbeat: string | null }>;
}
