/** What the store holds, as the API shows it. The bytes kept are the raw ones; everything else is made from them when it is asked for. */
import { createHash } from 'node:crypto';
import type { ArtifactEntry, ArtifactName, Run, RunRecord, RunResponse } from '../../protocol/tenantApi.ts';
import type { RunBytes, StoredRun } from '../store/runTable.ts';

/** `output` is null in lists, where nobody asked for perhaps many megabytes. */
export function renderRun(run: StoredRun, output: Uint8Array | null): Run {
  const isHeld = run.lease_id !== null && (run.lease_expires_at ?? 0) > Date.now();
  return {
    run_id: run.run_id,
    tenant: run.tenant,
    program: run.program,
    tasklet: run.tasklet,
    version: run.version,
    provider: run.provider,
    cell_id: run.cell_id,
    module_sha256: run.module_sha256,
    state: run.state,
    created_at: new Date(run.created_at).toISOString(),
    ended_at: run.ended_at === null ? null : new Date(run.ended_at).toISOString(),
    response: run.ended_at === null ? null : renderResponse(run, output),
    lease_id: isHeld ? run.lease_id : null,
  };
}

function renderResponse(run: StoredRun, output: Uint8Array | null): RunResponse {
  const { state } = run;
  if (state !== 'succeeded' && state !== 'failed' && state !== 'cancelled') {
    throw new Error(`run ${run.run_id} has ended in the state ${state}`);
  }
  return {
    run_id: run.run_id,
    state,
    error: run.error,
    output: output === null ? null : parseOutput(output),
    output_bytes: run.output_bytes ?? 0,
    output_sha256: run.output_sha256 ?? EMPTY_SHA256,
    fuel_used: run.fuel_used ?? 0,
    linear_memory_peak: run.linear_memory_peak ?? 0,
    duration_us: run.duration_us ?? 0,
    module_sha256: run.module_sha256,
    cell_id: run.cell_id,
    provider: run.provider,
  };
}

export const EMPTY_SHA256 = createHash('sha256').digest('hex');

// A byte order mark is no JSON (RFC 8259, section 8.1), so it is left in for the parser to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** JSON nested deeper than this is treated as no JSON: V8 could not write it again. */
const MAX_DEPTH = 512;

function parseOutput(output: Uint8Array): unknown {
  if (output.length === 0 || isDeep(output)) return null;
  try {
    return JSON.parse(utf8.decode(output));
  } catch {
    return null;
  }
}

function isDeep(json: Uint8Array): boolean {
  if (json.length <= MAX_DEPTH) return false;
  let depth = 0;
  let inText = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index];
    if (inText) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

function renderRecord(run: StoredRun): RunRecord {
  return {
    run_id: run.run_id,
    tenant: run.tenant,
    program: run.program,
    tasklet: run.tasklet,
    version: run.version,
    provider: run.provider,
    region: run.region,
    cell_id: run.cell_id,
    module_sha256: run.module_sha256,
    input_sha256: run.input_sha256,
    input_bytes: run.input_bytes,
    seed: run.seed,
    start_unix_nanos: run.start_unix_nanos,
    mem_bytes: run.mem_bytes,
    fuel: run.fuel,
    linear_memory_bytes: run.linear_memory_bytes,
    timeout_ms: run.timeout_ms,
  };
}

/** Null while the run has not made it yet. */
export function renderArtifact(name: ArtifactName, run: StoredRun, bytes: RunBytes): Buffer | null {
  const { input, output, log } = bytes;
  switch (name) {
    case 'input.bin':
      return Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    case 'run.json':
      return jsonFile(renderRecord(run));
    case 'response.json':
      return output === null ? null : jsonFile(renderResponse(run, output));
    case 'output.b64':
      return output === null
        ? null
        : Buffer.from(Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString('base64'));
    case 'run.log':
      return log === null ? null : Buffer.from(log);
  }
}

export function artifactEntry(name: ArtifactName, content: Buffer): ArtifactEntry {
  return { name, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

function jsonFile(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
