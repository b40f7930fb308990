/** Runs, their bytes, and how long they are kept. */
import type { RunError } from '../../wire/runError.ts';
import type { RunSpec } from '../../wire/runSpec.ts';
import type { RunState } from '../../wire/tenantApi.ts';
import type { CellStore, Row } from './cellStore.ts';
import { IN_ROW_BYTES } from './runFiles.ts';

export interface StoredRun extends RunSpec {
  seq: number;
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
  idempotency_key: string | null;
  request_sha256: string | null;
  state: RunState;
  /** Milliseconds since 1970, like every time here. */
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  error: RunError | null;
  output_sha256: string | null;
  output_bytes: number | null;
  fuel_used: number | null;
  linear_memory_peak: number | null;
  duration_us: number | null;
  lease_id: string | null;
  lease_expires_at: number | null;
}

/**
 * The bytes in a run's row; null for bytes that are in a file (runFiles.ts), and before the run
 * ended.
 */
export interface RunBytes {
  input: Uint8Array | null;
  output: Uint8Array | null;
  log: string | null;
}

export interface RunTable {
  /**
   * Gives the row its `seq`. Call inside {@link CellStore.change}, as for every method that writes.
   */
  insert(run: StoredRun, input: Uint8Array): void;
  end(run: StoredRun, output: Uint8Array, log: string): void;
  /** Back to before it ran; its bytes of the earlier attempt go. */
  reopen(run: StoredRun): void;
  remove(run: StoredRun): void;
  /** @returns runs that have files, which go once this is durable */
  removeTenant(tenant: string): string[];
  byId(runId: string): StoredRun | undefined;
  byKey(tenant: string, idempotencyKey: string): StoredRun | undefined;
  bytes(run: StoredRun): RunBytes;
  list(tenant: string | null, limit: number, before: number | null): StoredRun[];
  inFlight(): StoredRun[];
  /** Runs in the store. */
  count(): number;
  /**
   * Removes the oldest ended runs beyond the bounds, a bounded number at a time.
   * @returns those of them that have files, which go once this is durable
   */
  trim(): string[];
}

export const RUN_RETENTION = { runs: 10_000, bytes: 512 * 1024 * 1024 };

/**
 * Number of rows that the store may have beyond a bound before it is trimmed, so that not every run
 * pays for a deletion.
 */
const SLACK = 64;

const COLUMNS = [
  'run_id',
  'tenant',
  'program',
  'tasklet',
  'version',
  'provider',
  'region',
  'cell_id',
  'module_sha256',
  'input_sha256',
  'input_bytes',
  'seed',
  'start_unix_nanos',
  'mem_bytes',
  'fuel',
  'linear_memory_bytes',
  'timeout_ms',
  'hold_ms',
  'idempotency_key',
  'request_sha256',
  'state',
  'created_at',
] as const satisfies ReadonlyArray<keyof StoredRun>;

function prepareStatements(store: Pick<CellStore, 'prepare'>) {
  return {
    insertRun: store.prepare(`INSERT INTO runs (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`),
    // Node 22 binds no bytes as NULL.
    insertBytes: store.prepare('INSERT INTO run_bytes (seq, input) VALUES (?, ifnull(?, zeroblob(0)))'),
    endRun: store.prepare(
      `UPDATE runs SET state = ?, started_at = ?, ended_at = ?, error = ?, output_sha256 = ?, output_bytes = ?, fuel_used = ?,
     linear_memory_peak = ?, duration_us = ?, lease_id = ?, lease_expires_at = ? WHERE seq = ?`,
    ),
    endBytes: store.prepare('UPDATE run_bytes SET output = ?, log = ? WHERE seq = ?'),
    removeRun: store.prepare('DELETE FROM runs WHERE seq = ?'),
    removeOfTenant: store.prepare('DELETE FROM runs WHERE tenant = ?'),
    selectLongOfTenant: store.prepare(
      'SELECT run_id FROM runs WHERE tenant = ? AND max(input_bytes, ifnull(output_bytes, 0)) > ?',
    ),
    selectById: store.prepare('SELECT * FROM runs WHERE run_id = ?'),
    selectByKey: store.prepare('SELECT * FROM runs WHERE tenant = ? AND idempotency_key = ?'),
    selectOutputBytes: store.prepare('SELECT ifnull(output_bytes, 0) AS bytes FROM runs WHERE seq = ?'),
    selectBytes: store.prepare('SELECT input, output, log FROM run_bytes WHERE seq = ?'),
    selectOfTenant: store.prepare('SELECT * FROM runs WHERE tenant = ? AND seq < ? ORDER BY seq DESC LIMIT ?'),
    selectAll: store.prepare('SELECT * FROM runs WHERE seq < ? ORDER BY seq DESC LIMIT ?'),
    selectInFlight: store.prepare('SELECT * FROM runs WHERE ended_at IS NULL ORDER BY seq'),
    selectOldest: store.prepare(
      `SELECT seq, run_id, input_bytes + output_bytes AS size, max(input_bytes, output_bytes) AS longest
     FROM runs WHERE ended_at IS NOT NULL ORDER BY seq LIMIT ?`,
    ),
    selectTotals: store.prepare(
      'SELECT count(*) AS runs, total(input_bytes + ifnull(output_bytes, 0)) AS bytes FROM runs',
    ),
  };
}

export function createRunTable(store: Pick<CellStore, 'prepare'>, retention = RUN_RETENTION): RunTable {
  const sql = prepareStatements(store);
  const kept = { runs: 0, bytes: 0 };
  const recount = (): void => {
    const totals = sql.selectTotals.get();
    kept.runs = Number(totals?.runs);
    kept.bytes = Number(totals?.bytes);
  };
  recount();

  return {
    insert: (run, input) => {
      run.seq = Number(sql.insertRun.run(...COLUMNS.map((column) => run[column])).lastInsertRowid);
      sql.insertBytes.run(run.seq, inRow(input));
      kept.runs += 1;
      kept.bytes += run.input_bytes;
    },
    end: (run, output, log) => {
      sql.endRun.run(
        run.state,
        run.started_at,
        run.ended_at,
        run.error === null ? null : JSON.stringify(run.error),
        run.output_sha256,
        run.output_bytes,
        run.fuel_used,
        run.linear_memory_peak,
        run.duration_us,
        run.lease_id,
        run.lease_expires_at,
        run.seq,
      );
      sql.endBytes.run(inRow(output), log, run.seq);
      kept.bytes += output.length;
    },
    reopen: (run) => {
      kept.bytes -= Number(sql.selectOutputBytes.get(run.seq)?.bytes ?? 0);
      sql.endRun.run(run.state, null, null, null, null, null, null, null, null, null, null, run.seq);
      sql.endBytes.run(null, null, run.seq);
    },
    remove: (run) => {
      sql.removeRun.run(run.seq);
      kept.runs -= 1;
      kept.bytes -= run.input_bytes;
    },
    removeTenant: (tenant) => {
      const long = sql.selectLongOfTenant.all(tenant, IN_ROW_BYTES).map((row) => String(row.run_id));
      sql.removeOfTenant.run(tenant);
      recount();
      return long;
    },
    count: () => kept.runs,
    byId: (runId) => fromRow(sql.selectById.get(runId)),
    byKey: (tenant, key) => fromRow(sql.selectByKey.get(tenant, key)),
    bytes: (run) => {
      const row = sql.selectBytes.get(run.seq);
      if (row === undefined) throw new Error(`run ${run.run_id} has no bytes`);
      const { input, output, log } = row as unknown as RunBytes;
      return { input: fromRowBytes(input, run.input_bytes), output: fromRowBytes(output, run.output_bytes), log };
    },
    list: (tenant, limit, before) => {
      const below = before ?? Number.MAX_SAFE_INTEGER;
      const rows = tenant === null ? sql.selectAll.all(below, limit) : sql.selectOfTenant.all(tenant, below, limit);
      return rows.flatMap((row) => fromRow(row) ?? []);
    },
    inFlight: () => sql.selectInFlight.all().flatMap((row) => fromRow(row) ?? []),
    trim: () => {
      if (kept.runs <= retention.runs + SLACK && kept.bytes <= retention.bytes) return [];
      const long: string[] = [];
      for (const row of sql.selectOldest.all(2 * SLACK)) {
        if (kept.runs <= retention.runs && kept.bytes <= retention.bytes) break;
        sql.removeRun.run(row.seq ?? null);
        kept.runs -= 1;
        kept.bytes -= Number(row.size ?? 0);
        if (Number(row.longest) > IN_ROW_BYTES) long.push(String(row.run_id));
      }
      return long;
    },
  };
}

const NOTHING = new Uint8Array();

/** Null for what goes into a file. */
function inRow(bytes: Uint8Array): Uint8Array | null {
  return bytes.length > IN_ROW_BYTES ? null : bytes;
}

/**
 * Returns the bytes stored in the row; null when they are in a file, and when there are none. The
 * column is empty or NULL then, and also for bytes of size 0.
 */
function fromRowBytes(bytes: Uint8Array | null, size: number | null): Uint8Array | null {
  if (size === 0) return NOTHING;
  return bytes?.length === size ? bytes : null;
}

function fromRow(row: Row | undefined): StoredRun | undefined {
  if (row === undefined) return undefined;
  if (typeof row.error === 'string') row.error = JSON.parse(row.error);
  return row as unknown as StoredRun;
}
