/**
 * Fabric control: the requests of the scheduler to fabricbiosd (docs/internals/fabric-control.md).
 *
 * It is JSON-RPC 2.0 on one long-lived bidirectional stream over QUIC, or over mTLS on TCP. Module
 * and input bytes travel as blobs on a channel of their own, named here by `blob`.
 */
import type { ErrorCode } from '../../base/errorCodes.ts';
import type { RunError } from './runError.ts';
import type { RunSpec } from './runSpec.ts';

export const FABRIC_ALPN = 'fabricbios/0';

export interface CellIdentity {
  cell_id: string;
  provider: string;
  region: string;
  version: string;
  /** RFC 3339. */
  started_at: string;
  transport: 'quic' | 'tcp';
  /**
   * URL of the memory data plane and the SHA-256 (lower-case hex) of its certificate, which clients
   * pin.
   */
  mem_dataplane: string;
  mem_dataplane_sha256: string;
  mem_dataplane_transport: 'http3' | 'http2';
}

/** The facts of a cell's workers that decide how many runs a scheduler hands to it. */
export interface CellWorkers {
  /** Most workers at one time, those of long tasks aside: 1 to 256. */
  workers_max: number;
  /** A module whose last run took less is one of short runs, milliseconds. */
  short_ms: number;
  /** A run that has taken this time holds no other one back, milliseconds. */
  long_ms: number;
}

export interface CellInventory {
  /** Bytes. */
  mem_capacity: number;
  mem_leased: number;
  leases: number;
  runs_active: number;
  workers: number;
}

export interface Lease {
  lease_id: string;
  /** Starts at 1; renewal bumps it and tokens of an older generation die. */
  generation: number;
  kind: 'mem';
  tenant: string;
  bytes: number;
  /** RFC 3339. At this instant teardown is forced and the bytes are zeroed. */
  expires_at: string;
  run_id: string | null;
}

export type CapabilityRight = 'read' | 'write';

export interface CapabilityGrant {
  token: string;
  lease_id: string;
  generation: number;
  expires_at: string;
}

/**
 * Bytes that go with a message: inline when small, else a blob on the other channel of the same
 * link.
 */
export type Payload = { inline_b64: string } | { blob: number; size: number };

export interface TaskletSubmit extends RunSpec {
  run_id: string;
  tenant: string;
  program: string;
  tasklet: string;
  version: string;
  /**
   * Lower-case hex SHA-256 of the artifact; `module_unknown` is answered when the cell does not
   * hold it.
   */
  module_sha256: string;
  input: Payload;
}

export interface TaskletOutcome {
  run_id: string;
  state: 'succeeded' | 'failed' | 'cancelled';
  error: RunError | null;
  output: Payload;
  /** The whole log, UTF-8, including the parts that `run.log` reported before. */
  log: Payload;
  fuel_used: number;
  /** Bytes. */
  linear_memory_peak: number;
  /** Wall clock of init, run and finalize, microseconds. */
  duration_us: number;
  /** The lease that outlives the run because `hold_ms` was given. */
  lease: Lease | null;
  /**
   * The cell expects the next run of the module to be short. Where a cell does not say it,
   * `duration_us` below `short_ms` does.
   */
  short?: boolean;
}

/** Every method: parameters and result. */
export interface FabricMethods {
  /**
   * A cell that does not state its workers has the defaults of docs/internals/fabric-control.md.
   */
  identity: { params: Record<string, never>; result: CellIdentity & Partial<CellWorkers> };
  inventory: { params: Record<string, never>; result: CellInventory };
  'lease.alloc': { params: { tenant: string; bytes: number; ttl_ms: number }; result: Lease };
  'lease.renew': { params: { lease_id: string; ttl_ms: number }; result: Lease };
  'lease.free': { params: { lease_id: string }; result: Record<string, never> };
  'lease.list': { params: Record<string, never>; result: { leases: Lease[] } };
  'cap.request': {
    params: { lease_id: string; tenant: string; rights: CapabilityRight[]; ttl_ms: number };
    result: CapabilityGrant;
  };
  'module.put': { params: { module_sha256: string; bytes: Payload }; result: { module_sha256: string } };
  'tasklet.submit': { params: TaskletSubmit; result: TaskletOutcome };
  'tasklet.cancel': { params: { run_id: string }; result: { found: boolean } };
}

/** Notifications from the cell. */
export interface FabricNotifications {
  'run.state': { run_id: string; state: 'running' };
  'run.log': { run_id: string; text: string };
}

/** Codes of a JSON-RPC error's `data.code`; each is a stable label for machines. */
export const FABRIC_ERROR_CODES = [
  'module_unknown',
  'module_hash_mismatch',
  'module_too_large',
  'input_too_large',
  'mem_capacity_exceeded',
  'lease_unknown',
  'lease_of_another_tenant',
  'run_id_in_use',
  'bad_request',
  'shutting_down',
  'internal_error',
] as const satisfies readonly ErrorCode[];

export type FabricErrorCode = (typeof FABRIC_ERROR_CODES)[number];

export function isFabricErrorCode(code: unknown): code is FabricErrorCode {
  return (FABRIC_ERROR_CODES as readonly unknown[]).includes(code);
}
