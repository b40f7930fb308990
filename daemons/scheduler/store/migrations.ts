/**
 * One entry for each schema version; `PRAGMA user_version` counts those applied. Never change one
 * that was released. Times are milliseconds since 1970.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE tenants (
    name TEXT PRIMARY KEY, certificate_pem TEXT NOT NULL, key_sha256 TEXT NOT NULL, created_at INTEGER NOT NULL,
    runs_soft INTEGER NOT NULL, runs_hard INTEGER NOT NULL, burst_per_minute INTEGER NOT NULL, mem_bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tokens_seen (
    subject TEXT NOT NULL, jti TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (subject, jti)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE modules (
    sha256 TEXT NOT NULL, tenant TEXT NOT NULL, size INTEGER NOT NULL, used_at INTEGER NOT NULL, PRIMARY KEY (tenant, sha256)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE runs (
    seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, program TEXT NOT NULL, tasklet TEXT NOT NULL,
    version TEXT NOT NULL, provider TEXT NOT NULL, region TEXT NOT NULL, cell_id TEXT NOT NULL, module_sha256 TEXT NOT NULL,
    input_sha256 TEXT NOT NULL, input_bytes INTEGER NOT NULL, seed TEXT NOT NULL, start_unix_nanos TEXT NOT NULL,
    mem_bytes INTEGER NOT NULL, fuel INTEGER NOT NULL, linear_memory_bytes INTEGER NOT NULL, timeout_ms INTEGER NOT NULL,
    hold_ms INTEGER NOT NULL, idempotency_key TEXT, request_sha256 TEXT, state TEXT NOT NULL, created_at INTEGER NOT NULL,
    started_at INTEGER, ended_at INTEGER, error TEXT, output_sha256 TEXT, output_bytes INTEGER, fuel_used INTEGER,
    linear_memory_peak INTEGER, duration_us INTEGER, lease_id TEXT, lease_expires_at INTEGER
  ) STRICT;
  CREATE INDEX runs_of_tenant ON runs (tenant, seq);
  CREATE UNIQUE INDEX runs_by_key ON runs (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX runs_in_flight ON runs (seq) WHERE ended_at IS NULL;

  CREATE TABLE run_bytes (
    seq INTEGER PRIMARY KEY REFERENCES runs (seq) ON DELETE CASCADE, input BLOB NOT NULL, output BLOB, log TEXT
  ) STRICT;

  CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, run_id TEXT, tenant TEXT NOT NULL, program TEXT NOT NULL, tasklet TEXT NOT NULL,
    admission TEXT NOT NULL, placement TEXT, cell_id TEXT
  ) STRICT;
  CREATE INDEX decisions_of_tenant ON decisions (tenant, seq);
  `,
];
