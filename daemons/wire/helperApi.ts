/**
 * The "Run locally" helper: the JSON bodies of its HTTP API and of its server-sent events. Routes
 * and reasons are in docs/reference/helper.md.
 */

import type { ErrorCode } from '../../base/errorCodes.ts';
import type { Place } from './place.ts';
import type { RunError } from './runError.ts';
import type { ArtifactEntry, Run, RunEvent, RunState } from './tenantApi.ts';

/**
 * Refusals of the helper itself. A refusal of the scheduler is passed on with the scheduler's own
 * reason (docs/reference/api.md).
 */
export const HELPER_REASONS = [
  'host_refused',
  'origin_refused',
  'bearer_missing',
  'bearer_wrong',
  'bearer_in_url',
  'bad_request',
  'not_found',
  'method_not_allowed',
  'body_too_large',
  'content_type_refused',
  'too_many_streams',
  'tasklet_unknown',
  'tasklet_not_built',
  'scheduler_unreachable',
  'internal_error',
] as const satisfies readonly ErrorCode[];

export type HelperReason = (typeof HELPER_REASONS)[number];

export interface HelperRefusalBody {
  error: { reason: string; message: string; next?: string };
}

/** `GET /health`: needs no bearer, so it says nothing else. */
export interface HelperHealth {
  status: 'ok';
}

/** `POST /v1/hosts`: every name that the helper answers to now. */
export interface HelperHosts {
  hosts: string[];
}

/** `GET /v1/program`. */
export interface HelperProgram {
  name: string;
  version: string;
  /** Absolute path. */
  root: string;
  cell_id: string;
  limits: {
    /** Largest input of a run, bytes. */
    input: number;
  };
}

export interface HelperTasklet {
  name: string;
  kind: 'assemblyscript' | 'rust' | 'wat' | 'wasm';
  /** Relative to the program, with `/`. */
  source: string;
  output: string;
  fuel: number;
  linear_memory_bytes: number;
  mem_bytes: number;
  timeout_ms: number;
  /** Null while there is no built module. */
  built: HelperBuilt | null;
}

export interface HelperBuilt {
  /** Bytes. */
  size: number;
  /** Lower-case hex. */
  sha256: string;
  /** RFC 3339. */
  built_at: string;
  /** A source file is newer than the module. */
  stale: boolean;
}

/** `GET /v1/tasklets`, and event `tasklets`; `problem` (event only) says why there is no list. */
export interface HelperTasklets {
  program: { name: string; version: string; root: string } | null;
  tasklets: HelperTasklet[];
  problem: HelperRefusalBody['error'] | null;
}

/** `POST /v1/runs`. */
export interface HelperRunRequest {
  tasklet: string;
  /** Absent: no bytes. */
  input?: { text: string } | { base64: string };
  /** Fabric-memory lease: bytes, or text such as `32KiB`. Absent: the manifest's `mem`. */
  mem?: number | string;
}

/** A run without its output, so that a list stays small. */
export interface HelperRun {
  run_id: string;
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
  error: RunError | null;
  /**
   * Null until the run ended. Fuel in instructions, memory and output in bytes, duration in
   * microseconds.
   */
  fuel_used: number | null;
  duration_us: number | null;
  linear_memory_peak: number | null;
  output_bytes: number | null;
}

/** `GET /v1/runs`, and event `runs`. Newest first. */
export interface HelperRuns {
  runs: HelperRun[];
}

export interface HelperArtifacts {
  artifacts: ArtifactEntry[];
}

/** `GET /v1/runs/{id}/places`: the program's own lines first, and none for a run that succeeded. */
export interface HelperPlaces {
  places: Place[];
}

/**
 * Server-sent events of `GET /v1/events`: first a snapshot (`tasklets`, `runs`), then the changes.
 */
export type HelperEvent =
  | { event: 'tasklets'; data: HelperTasklets }
  | { event: 'runs'; data: HelperRuns }
  | { event: 'run'; data: HelperRun }
  /** The cell would not have this run after all, and it is none. */
  | { event: 'gone'; data: { run_id: string } }
  /** The state of the scheduler. While it is unreachable, runs are as last seen. */
  | { event: 'scheduler'; data: { state: 'ok' | 'unreachable'; message: string | null } }
  /** The last event: the stack stops, and with it this bearer ends. */
  | { event: 'stopping'; data: Record<string, never> };

/**
 * Server-sent events of `GET /v1/runs/{id}/events`: the scheduler's, the run at the end without its
 * output.
 */
export type HelperRunEvent =
  | Extract<RunEvent, { event: 'state' | 'log' }>
  | { event: 'end'; data: HelperRun }
  | { event: 'stopping'; data: Record<string, never> };

export function summarizeRun(run: Run): HelperRun {
  const { response } = run;
  return {
    run_id: run.run_id,
    program: run.program,
    tasklet: run.tasklet,
    version: run.version,
    provider: run.provider,
    cell_id: run.cell_id,
    module_sha256: run.module_sha256,
    state: run.state,
    created_at: run.created_at,
    ended_at: run.ended_at,
    error: response?.error ?? null,
    fuel_used: response?.fuel_used ?? null,
    duration_us: response?.duration_us ?? null,
    linear_memory_peak: response?.linear_memory_peak ?? null,
    output_bytes: response?.output_bytes ?? null,
  };
}
